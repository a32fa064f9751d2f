"""The logits come as (T, N, V) instead of (N, T, V).

Hint: Along which dimension are the steps put together?
"""

credit = 0.4

EDITS = [
    (
        'torch.stack(steps, dim=1)',
        'torch.stack(steps, dim=0)',
    ),
]
