"""A parameter that two modules share is counted twice.

Hint: If an embedding and a head share one matrix, how many numbers can training change?
"""

credit = 0.75

EDITS = [
    ("trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once", "trainable = [p for m in module.modules() for p in m.parameters(recurse=False) if p.requires_grad]"),
]
