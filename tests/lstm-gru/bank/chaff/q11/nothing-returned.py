"""The loss is not returned.

Hint: What does a function without `return` give back?
"""

credit = 0.75

EDITS = [
    (
        '    return loss.item()\n',
        '',
    ),
]
