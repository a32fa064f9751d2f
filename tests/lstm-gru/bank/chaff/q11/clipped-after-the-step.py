"""The norm is clipped after the optimiser has used the gradients.

Hint: Who reads `.grad`, and when?
"""

credit = 0.5

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '',
    ),
    (
        '    optimizer.step()\n',
        '    optimizer.step()\n    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
    ),
]
