"""The sum is divided by `//`, which rounds down to whole numbers.

Hint: What is 7.5 // 2 in Python?
"""

credit = 0.75

EDITS = [
    (
        'return total / lengths[:, None]',
        'return total // lengths[:, None]',
    ),
]
