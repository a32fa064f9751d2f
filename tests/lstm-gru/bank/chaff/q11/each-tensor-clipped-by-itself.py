"""Every weight's gradient is clipped by its own norm instead of all together.

Hint: One norm for the whole model, or one for every weight: which of them keeps the gradient's direction?
"""

credit = 0.65

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '    for parameter in model.parameters():\n        nn.utils.clip_grad_norm_(parameter, clip)\n',
    ),
]
