"""The sign is missing: the loss is the mean log-probability, which training would make smaller.

Hint: Should a good model have a large or a small loss, and can yours be above 0?
"""

credit = 0.7

EDITS = [
    (
        'nll = -log_p',
        'nll = log_p',
    ),
]
