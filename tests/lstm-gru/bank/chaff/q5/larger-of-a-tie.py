"""Where two widths are equally near, the larger is taken.

Hint: The contract decides ties. What does your comparison, or your rounding, do with equal distances?
"""

credit = 0.8

EDITS = [
    ("return width if below <= above else width + 1", "return width if below < above else width + 1"),
]
