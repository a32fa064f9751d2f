"""The loss is taken from the first step's output.

Hint: Can an output depend on inputs that come after it? Look at which entries of your result are zero.
"""

credit = 0.3

EDITS = [
    ("loss = outputs[:, -1].sum()", "loss = outputs[:, 0].sum()"),
]
