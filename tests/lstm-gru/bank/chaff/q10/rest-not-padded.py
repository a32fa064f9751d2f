"""What the model says after `eos` is kept instead of padding.

Hint: A sequence is over at its first `eos`. What should its row hold after that?
"""

credit = 0.7

EDITS = [
    (
        'token.masked_fill(ended, pad)',
        'token',
    ),
]
