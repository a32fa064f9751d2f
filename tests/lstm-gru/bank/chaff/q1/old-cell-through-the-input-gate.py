"""The old cell state goes through the input gate and the candidate through the forget gate; the gates themselves are right.

Hint: Look at the line for the new cell state. Which gate says what is kept, and which one what is written?
"""

credit = 0.5

EDITS = [
    ("kept = f * c", "kept = i * c"),
    ("written = i * g", "written = f * g"),
]
