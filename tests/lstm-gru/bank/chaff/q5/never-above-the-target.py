"""The largest width that does not exceed the target is taken, even where the next one is nearer.

Hint: Nearest may lie on either side. Which two widths do you have to compare?
"""

credit = 0.75

EDITS = [
    ("return width if below <= above else width + 1", "return width"),
]
