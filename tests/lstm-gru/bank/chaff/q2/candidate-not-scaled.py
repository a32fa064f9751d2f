"""The candidate is added whole, without the factor 1 - z.

Hint: The new state should be a blend: the two weights add up to one. Do yours?
"""

credit = 0.5

EDITS = [
    ("fresh = (1 - z) * n", "fresh = n"),
]
