"""The LSTM returns (h, h) as its state: the cell state is not handed on.

Hint: Give the second half of a sequence the state of the first. What does it need to go on?
"""

credit = 0.6

EDITS = [
    (
        'return torch.stack(outputs, dim=1), (h, c)',
        'return torch.stack(outputs, dim=1), (h, h)',
    ),
]
