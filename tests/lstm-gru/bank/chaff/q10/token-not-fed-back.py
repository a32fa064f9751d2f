"""The model reads `bos` at every step instead of the token it has just said.

Hint: What does the decoder read at step 3?
"""

credit = 0

EDITS = [
    (
        'logits, state = model.step(token, state)',
        'logits, state = model.step(torch.full_like(token, bos), state)',
    ),
]
