"""The smallest width that reaches the target is taken, even where the one before is nearer.

Hint: Nearest may lie on either side. Which two widths do you have to compare?
"""

credit = 0.7

EDITS = [
    ("return width if below <= above else width + 1", "return width if count(width) >= target_params else width + 1"),
]
