"""Without forcing every sequence reads the most likely token of the first sequence of the batch.

Hint: After `argmax`, which shape holds the tokens of one step, and which entry does sequence n read?
"""

credit = 0.6

EDITS = [
    (
        'own = steps[-1].detach().argmax(dim=-1)  # (N,)',
        'own = steps[-1].detach().argmax(dim=-1)[:1].expand(len(token))',
    ),
]
