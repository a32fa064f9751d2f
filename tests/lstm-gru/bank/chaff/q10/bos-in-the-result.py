"""The result starts with `bos`, which the model has not said.

Hint: Which tokens did the model produce, and which one was put into it?
"""

credit = 0.7

EDITS = [
    (
        '        out = []\n',
        '        out = [token]\n',
    ),
]
