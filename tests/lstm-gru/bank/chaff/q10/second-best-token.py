"""The second most likely token is taken: an index is off by one.

Hint: `topk` sorts from the largest down. Which index has the winner?
"""

credit = 0.6

EDITS = [
    (
        'logits.argmax(dim=-1)',
        'logits.topk(2, dim=-1).indices[:, 1]',
    ),
]
