"""`forcing` counts in training mode only; after `model.eval()` the decoder reads its own tokens.

Hint: `forcing` is an argument. What should model(…, forcing=1.0) give after model.eval(), say for the loss on a validation set?
"""

credit = 0.8

EDITS = [
    (
        'torch.rand(own.shape) < forcing',
        'torch.rand(own.shape) < (forcing if self.training else 0.0)',
    ),
]
