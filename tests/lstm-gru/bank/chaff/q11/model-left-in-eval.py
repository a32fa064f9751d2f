"""The model is in eval mode after the step.

Hint: Training needs model.train(); code that switches to eval for a moment should switch back.
"""

credit = 0.8

EDITS = [
    (
        '    return loss.item()',
        '    model.eval()\n    return loss.item()',
    ),
]
