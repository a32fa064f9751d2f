"""The input gate is 1 − f: the two gates are coupled, and one block of the weights is never used.

Hint: An LSTM may write without forgetting. Which rows of the weights make the input gate?
"""

credit = 0.3

EDITS = [
    (
        'i = torch.sigmoid(pre_i)\n    f = torch.sigmoid(pre_f)',
        'f = torch.sigmoid(pre_f)\n    i = 1 - f',
    ),
]
