"""The step before the last valid one is taken (at least step 0).

Hint: A sequence of length 3 has the steps 0, 1 and 2. Which one do you read?
"""

credit = 0.75

EDITS = [
    ("return outputs[rows, lengths - 1]", "return outputs[rows, (lengths - 2).clamp(min=0)]"),
]
