"""A step whose outputs are all 0 is taken for padding, and `lengths` is not asked.

Hint: May the padding hold other numbers than 0, and a valid step zeros? Who knows where a sequence ends?
"""

credit = 0.4

EDITS = [
    (
        'valid = steps < lengths[:, None]  # (N, T)',
        'valid = (outputs != 0).any(dim=2)  # (N, T)',
    ),
    (
        'return total / lengths[:, None]',
        'return total / valid.sum(dim=1)[:, None]',
    ),
]
