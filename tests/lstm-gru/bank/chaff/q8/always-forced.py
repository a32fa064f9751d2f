"""`forcing` is ignored: the decoder reads the true tokens always, when it is tested too.

Hint: What will the decoder read when nobody knows the targets?
"""

credit = 0.5

EDITS = [
    (
        'forced = torch.rand(own.shape) < forcing',
        'forced = torch.ones_like(own, dtype=torch.bool)',
    ),
]
