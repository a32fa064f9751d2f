"""The tokens come as (L, N) instead of (N, L).

Hint: Along which dimension are the steps put together?
"""

credit = 0.6

EDITS = [
    (
        'torch.stack(out, dim=1)',
        'torch.stack(out, dim=0)',
    ),
]
