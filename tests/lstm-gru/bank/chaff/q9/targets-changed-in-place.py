"""The padding in `targets` is overwritten, in the tensor that the caller goes on using.

Hint: Does `targets[…] = …` make a new tensor? What does a second call with the same targets see?
"""

credit = 0.75

EDITS = [
    (
        '    index = targets.unsqueeze(-1)\n',
        '    real = targets != pad  # (N, T)\n    targets[~real] = -100\n    index = targets.clamp(min=0).unsqueeze(-1)\n',
    ),
    (
        '    real = targets != pad  # (N, T)\n    return',
        '    return',
    ),
]
