"""Decoding stops for the whole batch as soon as one sequence produces `eos`.

Hint: Three sequences end at steps 2, 5 and 9. How many steps are needed?
"""

credit = 0.4

EDITS = [
    (
        'if ended.all():',
        'if ended.any():',
    ),
]
