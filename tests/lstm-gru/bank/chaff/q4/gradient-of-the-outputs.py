"""The gradient is taken at the layer's outputs instead of at its inputs x.

Hint: All entries but the last are zero. With respect to what do you differentiate?
"""

credit = 0.3

EDITS = [
    ("torch.autograd.grad(loss, x)", "torch.autograd.grad(loss, outputs)"),
]
