"""The head reads the largest value of each feature over the valid steps (max pooling).

Hint: Which step's output does the question ask for? Look at `lengths`.
"""

credit = 0.4

EDITS = [
    (
        "summary = last_valid(outputs, lengths)  # noqa: F821 -- q6's; (N, H)",
        'valid = (torch.arange(tokens.shape[1]) < lengths[:, None]).unsqueeze(2)\n        summary = outputs.masked_fill(~valid, -torch.inf).amax(dim=1)',
    ),
    (
        'from torch import nn',
        'import torch\nfrom torch import nn',
    ),
]
