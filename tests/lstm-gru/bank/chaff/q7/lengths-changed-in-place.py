"""One is subtracted from `lengths` in place, in the tensor that the caller goes on using.

Hint: What does `-=` do to a tensor that somebody else holds too?
"""

credit = 0.75

EDITS = [
    (
        'from torch import nn\n',
        'import torch\nfrom torch import nn\n',
    ),
    (
        "        summary = last_valid(outputs, lengths)  # noqa: F821 -- q6's; (N, H)\n",
        '        lengths -= 1\n        summary = outputs[torch.arange(len(outputs)), lengths]  # (N, H)\n',
    ),
]
