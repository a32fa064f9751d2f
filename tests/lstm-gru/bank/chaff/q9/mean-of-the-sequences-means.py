"""The loss is the mean of each sequence's own mean, so a token of a short sequence weighs more.

Hint: Two sequences with 1 and 9 tokens: by what is the sum of the ten losses divided?
"""

credit = 0.6

EDITS = [
    (
        'return nll.masked_fill(~real, 0.0).sum() / real.sum()',
        'return (nll.masked_fill(~real, 0.0).sum(dim=1) / real.sum(dim=1)).mean()',
    ),
]
