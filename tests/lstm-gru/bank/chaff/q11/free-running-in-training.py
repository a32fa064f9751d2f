"""Training runs without teacher forcing: the decoder reads its own tokens.

Hint: Which value of `forcing` lets the decoder read the true tokens?
"""

credit = 0.5

EDITS = [
    (
        'forcing=1.0',
        'forcing=0.0',
    ),
]
