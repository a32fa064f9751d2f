"""The optimiser takes two steps with one gradient.

Hint: How often does one call change the weights?
"""

credit = 0.5

EDITS = [
    (
        '    optimizer.step()\n',
        '    optimizer.step()\n    optimizer.step()\n',
    ),
]
