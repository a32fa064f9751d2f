"""The candidate is written with 1 − f in place of the input gate; the gates themselves are right.

Hint: In the LSTM two gates decide: one what is kept, one what is written. Which cell has one gate for both?
"""

credit = 0.6

EDITS = [
    (
        'written = i * g',
        'written = (1 - f) * g',
    ),
]
