"""The old state is added whole, without the factor z.

Hint: The new state should be a blend: the two weights add up to one. Do yours?
"""

EDITS = [
    ("kept = z * h", "kept = h"),
]
