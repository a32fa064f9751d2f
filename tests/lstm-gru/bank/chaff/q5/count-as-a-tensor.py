"""The count is a tensor.

Hint: What type do you start with, and what type does p.numel() have? The contract asks for an int.
"""

credit = 0.75

EDITS = [
    ("return sum(p.numel() for p in trainable)", "return sum(torch.tensor(p.numel()) for p in trainable)"),
    ("from torch import nn", "import torch\nfrom torch import nn"),
]
