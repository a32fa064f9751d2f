"""The head reads the sum over the valid steps divided by the longest length of the batch.

Hint: Which step's output does the question ask for? And should the other sequences in the batch change an answer?
"""

credit = 0.3

EDITS = [
    (
        "summary = last_valid(outputs, lengths)  # noqa: F821 -- q6's; (N, H)",
        'valid = (torch.arange(tokens.shape[1]) < lengths[:, None]).unsqueeze(2)\n        summary = (outputs * valid).sum(dim=1) / lengths.max()',
    ),
    (
        'from torch import nn',
        'import torch\nfrom torch import nn',
    ),
]
