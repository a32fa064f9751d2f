"""The loss compares the logits with the shifted targets, that is, with what the decoder has just read.

Hint: Which token should the logits of step 0 name: `bos` or the first target?
"""

credit = 0.4

EDITS = [
    (
        'sequence_loss(logits, targets, pad)',
        'sequence_loss(logits, shift_right(targets, model.bos), pad)',
    ),
]
