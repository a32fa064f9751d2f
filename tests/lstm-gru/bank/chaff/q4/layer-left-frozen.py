"""The layer's parameters are switched to requires_grad = False and stay that way: it can no longer be trained.

Hint: After the call, what does next(layer.parameters()).requires_grad say? autograd.grad needs no such switch.
"""

credit = 0.8

EDITS = [
    (
        'outputs, _ = layer(x)',
        'for p in layer.parameters():\n        p.requires_grad_(False)\n    outputs, _ = layer(x)',
    ),
]
