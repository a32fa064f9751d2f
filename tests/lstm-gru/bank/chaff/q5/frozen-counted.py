"""Frozen parameters are counted too.

Hint: The contract speaks of numbers that training can change. How does PyTorch mark those that it should
leave alone?
"""

credit = 0.75

EDITS = [
    ("trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once", "trainable = list(module.parameters())"),
]
