"""The dict returns the update gate under "r" and the reset gate under "z"; the state is right.

Hint: Your state is right, so the gates are too. Read the line that builds the dict, key by key.
"""

credit = 0.7

EDITS = [
    ('{"r": r, "z": z, "n": n}', '{"r": z, "z": r, "n": n}'),
]
