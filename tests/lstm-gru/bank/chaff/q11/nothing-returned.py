"""The loss is not returned.

Hint: What does a function without `return` return?
"""

credit = 0.75

EDITS = [
    (
        '    return loss.item()\n',
        '',
    ),
]
