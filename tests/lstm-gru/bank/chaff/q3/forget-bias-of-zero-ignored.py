"""A forget bias of 0 is treated as none.

Hint: 0 is a number too. What does `if forget_bias:` do with it?
"""

credit = 0.9

EDITS = [
    ("if forget_bias is not None:", "if forget_bias:"),
]
