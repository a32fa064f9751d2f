"""Every step starts again from the encoder's state.

Hint: `step` returns two things. What becomes of the second?
"""

credit = 0.3

EDITS = [
    (
        'logits, state = model.step(token, state)',
        'logits, _ = model.step(token, state)',
    ),
]
