"""The model returns the most likely class instead of a logit for every class.

Hint: A loss needs all K numbers of a row. Who should take the argmax, and when?
"""

credit = 0.3

EDITS = [
    (
        'self.head(summary)',
        'self.head(summary).argmax(dim=-1)',
    ),
]
