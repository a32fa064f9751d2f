"""b_ih is added to the state's product and b_hh to the input's.

Hint: For r and z it makes no difference which bias goes where. For n it does: why?
"""

credit = 0.6

EDITS = [
    ("x @ w_ih.T + b_ih", "x @ w_ih.T + b_hh"),
    ("h @ w_hh.T + b_hh", "h @ w_hh.T + b_ih"),
]
