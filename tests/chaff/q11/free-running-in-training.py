"""Training runs without teacher forcing: the decoder reads its own tokens.

Hint: Which value of `forcing` lets the decoder read the true tokens?
"""

EDITS = [
    (
        'forcing=1.0',
        'forcing=0.0',
    ),
]
