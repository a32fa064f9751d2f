"""The gradients are not clipped.

Hint: What is `clip` for in your function?
"""

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '',
    ),
]
