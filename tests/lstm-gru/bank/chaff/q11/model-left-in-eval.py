"""The model is in eval mode after the step.

Hint: Training wants model.train(); who switches to eval for a moment switches back.
"""

credit = 0.8

EDITS = [
    (
        '    return loss.item()',
        '    model.eval()\n    return loss.item()',
    ),
]
