"""Buffers are counted along with the trainable parameters.

Hint: A running mean is part of a module, but who changes it: the optimiser or the forward pass?
"""

credit = 0.75

EDITS = [
    ("trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once", "trainable = [p for p in module.parameters() if p.requires_grad] + list(module.buffers())"),
]
