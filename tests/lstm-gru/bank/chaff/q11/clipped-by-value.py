"""Each entry of the gradients is clipped instead of their norm.

Hint: `clip_grad_norm_` and `clip_grad_value_`: which of them keeps the gradient's direction?
"""

credit = 0.6

EDITS = [
    (
        'clip_grad_norm_',
        'clip_grad_value_',
    ),
]
