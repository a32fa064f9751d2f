"""The squares are averaged instead of summed before the root.

Hint: Your curve has the right shape, and every entry is off by the same factor. Where does a factor of √(N·D)
come from?
"""

credit = 0.6

EDITS = [
    ("return squares.sum(dim=(0, 2)).sqrt()", "return squares.mean(dim=(0, 2)).sqrt()"),
]
