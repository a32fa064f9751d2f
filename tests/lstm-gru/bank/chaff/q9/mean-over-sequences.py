"""The sum over all tokens is divided by the number of sequences instead of the number of tokens.

Hint: Is the mean taken over N sequences or over all their tokens?
"""

credit = 0.5

EDITS = [
    (
        '/ real.sum()',
        '/ len(targets)',
    ),
]
