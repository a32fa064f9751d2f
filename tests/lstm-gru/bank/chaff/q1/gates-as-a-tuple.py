"""The gates are returned as a tuple or a list instead of a dict.

Hint: What does gates["f"] give for the third thing that you return?
"""

credit = 0.7

EDITS = [
    ('{"i": i, "f": f, "g": g, "o": o}', "(i, f, g, o)"),
]
