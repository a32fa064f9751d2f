"""The second most likely token is taken: an index is off by one.

Hint: `topk` sorts from the largest down. Which index has the winner?
"""

EDITS = [
    (
        'logits.argmax(dim=-1)',
        'logits.topk(2, dim=-1).indices[:, 1]',
    ),
]
