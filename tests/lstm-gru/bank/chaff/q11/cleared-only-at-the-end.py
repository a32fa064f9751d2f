"""Old gradients are cleared after the step only: whatever was in .grad before the call is added to the first step.

Hint: The caller may have called backward before. What do your gradients start from?
"""

credit = 0.6

EDITS = [
    (
        '    optimizer.zero_grad()\n',
        '',
    ),
    (
        '    optimizer.step()\n',
        '    optimizer.step()\n    optimizer.zero_grad()\n',
    ),
]
