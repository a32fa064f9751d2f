"""The mask is inverted: the loss is taken at the padding and nowhere else.

Hint: Print the mask of a row such as 5 6 0 0. Where is it true?
"""

credit = 0.5

EDITS = [
    (
        'real = targets != pad',
        'real = targets == pad',
    ),
]
