"""Of the LSTM's given state only h is used: c always starts from zeros.

Hint: The state is a pair. Follow its second half from the argument to the first step.
"""

credit = 0.6

EDITS = [
    ("h, c = state", "h, c = state[0], x.new_zeros(x.shape[0], self.hidden_size)"),
]
