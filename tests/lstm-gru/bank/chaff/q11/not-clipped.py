"""The gradients are not clipped, or clipped before they are computed.

Hint: What does `.grad` hold at the moment when you clip it?
"""

credit = 0.5

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '',
    ),
]
