"""Only the module's own parameters are counted, not those of the modules inside it.

Hint: What does your function give for nn.Sequential(nn.Linear(3, 1))?
"""

credit = 0.5

EDITS = [
    ("trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once", "trainable = [p for p in module.parameters(recurse=False) if p.requires_grad]"),
]
