"""The loss is taken from state[0], which is the first sequence only where the state is one tensor.

Hint: A layer returns outputs and a state. Which of the two has a last step for every layer, and what is state[0] for
your GRU?
"""

credit = 0.6

EDITS = [
    ("outputs, _ = layer(x)", "_, state = layer(x)"),
    ("outputs[:, -1].sum()", "state[0].sum()"),
]
