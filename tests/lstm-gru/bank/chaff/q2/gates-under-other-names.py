"""The gates are returned under the names reset, update and candidate.

Hint: Which keys does the contract ask for?
"""

credit = 0.75

EDITS = [
    (
        'gates = {"r": r, "z": z, "n": n}',
        'gates = {"reset": r, "update": z, "candidate": n}',
    ),
]
