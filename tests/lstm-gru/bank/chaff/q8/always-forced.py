"""`forcing` is ignored: the decoder always reads the true tokens, even when it is tested.

Hint: What will the decoder read when nobody knows the targets?
"""

credit = 0.5

EDITS = [
    (
        'forced = torch.rand(own.shape) < forcing',
        'forced = torch.ones_like(own, dtype=torch.bool)',
    ),
]
