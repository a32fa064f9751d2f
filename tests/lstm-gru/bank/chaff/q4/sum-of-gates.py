"""The gates after a step are added instead of multiplied.

Hint: If one gate on the way is closed, how much of the gradient should arrive?
"""

credit = 0.75

EDITS = [
    ("gain = gain * f", "gain = gain + f"),
]
