"""The state that is given to the layer is ignored: it always starts from zeros.

Hint: Call your layer twice with different states. Do the outputs differ?
"""

credit = 0.5

EDITS = [
    ("if state is None:", "if True:"),
    ("h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state", "h = x.new_zeros(x.shape[0], self.hidden_size)"),
]
