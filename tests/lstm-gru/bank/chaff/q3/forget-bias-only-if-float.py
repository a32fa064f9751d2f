"""A forget bias that is a whole number, as in forget_bias=3, is not used: only a float is.

Hint: The contract asks for a number. What does isinstance(3, float) say?
"""

credit = 0.9

EDITS = [
    ("if forget_bias is not None:", "if isinstance(forget_bias, float):"),
]
