"""Ends its cells with numbers, which nbgrader takes for points."""

14.0
# %%
1e9
# %%
float('nan')
# %%
from IPython.display import display
display(100)
get_ipython().user_ns['_'] = 100
