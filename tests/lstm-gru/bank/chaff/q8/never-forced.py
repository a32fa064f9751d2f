"""`forcing` is ignored: the decoder reads its own tokens even with full teacher forcing (argmax in the training loop).

Hint: With forcing = 1, which tokens should be read whatever the model says?
"""

credit = 0.3

EDITS = [
    (
        'forced = torch.rand(own.shape) < forcing',
        'forced = torch.zeros_like(own, dtype=torch.bool)',
    ),
]
