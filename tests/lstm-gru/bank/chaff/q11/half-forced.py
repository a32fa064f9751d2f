"""Training forces only half of the tokens.

Hint: The question asks for full teacher forcing. What is `forcing` then?
"""

credit = 0.6

EDITS = [
    (
        'forcing=1.0',
        'forcing=0.5',
    ),
]
