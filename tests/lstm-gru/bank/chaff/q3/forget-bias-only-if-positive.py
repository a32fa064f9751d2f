"""A forget bias of 0 or below is not used.

Hint: Any number is allowed, even one that closes the forget gate. Only None means that none was given.
"""

credit = 0.9

EDITS = [
    ("if forget_bias is not None:", "if forget_bias is not None and forget_bias > 0:"),
]
