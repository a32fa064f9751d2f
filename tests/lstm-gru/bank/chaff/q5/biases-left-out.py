"""Only the matrices are counted; biases and other vectors are left out.

Hint: Count nn.Linear(3, 1) by hand. Does training change its bias?
"""

credit = 0.5

EDITS = [
    ("trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once", "trainable = [p for p in module.parameters() if p.requires_grad and p.ndim > 1]"),
]
