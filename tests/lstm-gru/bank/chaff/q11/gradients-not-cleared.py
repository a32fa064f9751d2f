"""The old gradients are not cleared, so every step also repeats those before it.

Hint: What does `backward` do with what is already in `.grad`?
"""

credit = 0.4

EDITS = [
    (
        '    optimizer.zero_grad()\n',
        '',
    ),
]
