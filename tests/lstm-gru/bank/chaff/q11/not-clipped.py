"""The gradients are not clipped, or clipped before they are there.

Hint: What stands in `.grad` at the moment when it is clipped, and when is that?
"""

credit = 0.5

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '',
    ),
]
