"""Only the decoder's gradients are clipped, the norm of all others is left as it is.

Hint: Whose norm should be at most `clip`? Which parameters does the optimiser step with?
"""

credit = 0.7

EDITS = [
    (
        'model.parameters(), clip)',
        'model.decoder.parameters(), clip)',
    ),
]
