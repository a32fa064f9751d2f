"""`bos` takes the place of the first target, and nothing is moved.

Hint: What does the decoder read at step 1? Compare with the table above the question.
"""

credit = 0.6

EDITS = [
    (
        'targets[:, :-1]], dim=1)',
        'targets[:, 1:]], dim=1)',
    ),
]
