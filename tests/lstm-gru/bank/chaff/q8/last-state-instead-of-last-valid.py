"""The encoder's state is taken after the padding instead of after the last valid token.

Hint: A source of 3 tokens in a batch of width 7: how many steps should its encoder make?
"""

credit = 0.4

EDITS = [
    (
        'h = torch.where(valid, h_next, h)',
        'h = h_next',
    ),
    (
        'c = torch.where(valid, c_next, c)',
        'c = c_next',
    ),
]
