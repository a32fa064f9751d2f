"""The old state is added whole, without the factor z.

Hint: The new state should be a blend: the two weights add up to one. Do yours?
"""

credit = 0.5

EDITS = [
    ("kept = z * h", "kept = h"),
]
