"""Decoding stops as soon as the first sequence of the batch has ended.

Hint: Which sequences does your stop look at?
"""

credit = 0.6

EDITS = [
    (
        'if ended.all():',
        'if ended[0]:',
    ),
]
