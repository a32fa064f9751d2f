"""The targets are shifted before they go into the model, which shifts them itself.

Hint: Who calls `shift_right`: the training step, the model, or both?
"""

credit = 0.5

EDITS = [
    (
        'model(source, source_lengths, targets, forcing',
        'model(source, source_lengths, shift_right(targets, model.bos), forcing',
    ),
]
