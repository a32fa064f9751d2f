"""The returned loss is measured again after the step.

Hint: Which loss did the gradients belong to?
"""

credit = 0.75

EDITS = [
    (
        'return loss.item()',
        'return sequence_loss(model(source, source_lengths, targets), targets, pad).item()',
    ),
]
