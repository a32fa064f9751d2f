"""The dict returns the forget gate under "i" and the input gate under "f"; the states are right.

Hint: Your states are right, so the gates are too. Read the line that builds the dict, key by key.
"""

credit = 0.7

EDITS = [
    ('{"i": i, "f": f, "g": g, "o": o}', '{"i": f, "f": i, "g": g, "o": o}'),
]
