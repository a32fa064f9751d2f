"""The optimiser never takes its step.

Hint: Gradients alone change no weight. Who does?
"""

credit = 0.3

EDITS = [
    (
        '    optimizer.step()\n',
        '',
    ),
]
