"""The gradients are cleared after `backward`, so the optimiser has nothing to step with.

Hint: In which order come clearing, computing and using the gradients?
"""

credit = 0.3

EDITS = [
    (
        '    optimizer.zero_grad()\n',
        '',
    ),
    (
        '    loss.backward()\n',
        '    loss.backward()\n    optimizer.zero_grad()\n',
    ),
]
