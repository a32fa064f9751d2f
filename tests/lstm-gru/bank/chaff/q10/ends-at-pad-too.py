"""A sequence counts as ended when it says `pad`, too, not only when it says `eos`.

Hint: May a model say token 0 before its end? Who says that a sequence is over?
"""

credit = 0.75

EDITS = [
    (
        'ended = ended | (token == eos)',
        'ended = ended | (token == eos) | (token == pad)',
    ),
]
