"""The optimiser never makes its step.

Hint: Gradients alone change no weight. Who does?
"""

EDITS = [
    (
        '    optimizer.step()\n',
        '',
    ),
]
