"""The head reads the decoder's cell state instead of its output.

Hint: Which of the two states does an LSTM show to the rest of the network?
"""

credit = 0.6

EDITS = [
    (
        'return self.head(outputs[:, 0]), state',
        'return self.head(state[1]), state',
    ),
]
