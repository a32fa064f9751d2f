"""Everything in the state_dict is counted: buffers, frozen parameters, and shared ones twice.

Hint: BatchNorm keeps a running mean. Does an optimiser change it? And what does the state_dict hold besides
parameters?
"""

credit = 0.7

EDITS = [
    ("trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once", "trainable = list(module.state_dict().values())"),
]
