"""The sequence is read from its end to its start, and the outputs are in the order in which it was read.

Hint: Which input has outputs[:, 0] seen, and which should it have seen?
"""

credit = 0.4

EDITS = [
    (
        'for t in range(x.shape[1]):\n            h, c, _ = lstm_step(',
        'for t in reversed(range(x.shape[1])):\n            h, c, _ = lstm_step(',
    ),
    (
        'for t in range(x.shape[1]):\n            h, _ = gru_step(',
        'for t in reversed(range(x.shape[1])):\n            h, _ = gru_step(',
    ),
]
