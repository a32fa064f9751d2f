"""The loop starts at t = 1: the first input is never read, and outputs[:, 0] stays 0.

Hint: For which t does your loop make a step? range(1, T) leaves one out.
"""

credit = 0.5

EDITS = [
    (
        '        outputs = []\n        for t in range(x.shape[1]):\n            h, c, _',
        '        outputs = [torch.zeros_like(h)]\n        for t in range(1, x.shape[1]):\n            h, c, _',
    ),
    (
        '        outputs = []\n        for t in range(x.shape[1]):\n            h, _ =',
        '        outputs = [torch.zeros_like(h)]\n        for t in range(1, x.shape[1]):\n            h, _ =',
    ),
]
