"""The candidate sees the old state through 1 − r instead of r.

Hint: Where does a one minus a gate stand in the equations, and where not?
"""

credit = 0.6

EDITS = [
    (
        'reset = r * h_n',
        'reset = (1 - r) * h_n',
    ),
]
