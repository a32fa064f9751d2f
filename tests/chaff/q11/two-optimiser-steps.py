"""The optimiser makes two steps with one gradient.

Hint: How often does one call change the weights?
"""

EDITS = [
    (
        '    optimizer.step()\n',
        '    optimizer.step()\n    optimizer.step()\n',
    ),
]
