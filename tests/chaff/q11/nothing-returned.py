"""The loss is not returned.

Hint: What does a function without `return` give back?
"""

EDITS = [
    (
        '    return loss.item()\n',
        '',
    ),
]
