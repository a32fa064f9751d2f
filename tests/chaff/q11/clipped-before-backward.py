"""The norm is clipped before the gradients are there.

Hint: What stands in `.grad` at the moment when it is clipped?
"""

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '',
    ),
    (
        '    loss.backward()\n',
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n    loss.backward()\n',
    ),
]
