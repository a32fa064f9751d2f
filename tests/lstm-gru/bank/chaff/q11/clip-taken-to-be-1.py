"""The norm is clipped at 1, whatever `clip` says.

Hint: `clip` is an argument. What does your function do with it?
"""

credit = 0.7

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '    nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n',
    ),
]
