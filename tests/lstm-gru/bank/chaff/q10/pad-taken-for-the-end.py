"""A sequence counts as ended when it says `pad`, not when it says `eos`.

Hint: Which token did the targets end with in training?
"""

credit = 0.5

EDITS = [
    (
        '(token == eos)',
        '(token == pad)',
    ),
]
