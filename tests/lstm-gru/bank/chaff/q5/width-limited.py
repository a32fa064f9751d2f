"""The search ends at a width of 256, however large the target.

Hint: Where does your search stop, and what happens to a target beyond it?
"""

credit = 0.75

EDITS = [
    ("while count(width + 1) <= target_params:", "while count(width + 1) <= target_params and width < 256:"),
]
