"""The loss is taken from the last sequence of the batch instead of from the last step.

Hint: outputs is (N, T, H). Which axis does your index -1 refer to?
"""

credit = 0.5

EDITS = [
    ("loss = outputs[:, -1].sum()", "loss = outputs[-1].sum()"),
]
