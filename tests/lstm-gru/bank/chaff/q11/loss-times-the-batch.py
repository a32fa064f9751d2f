"""The returned loss is multiplied by the size of the batch.

Hint: That is how a mean over unequal batches is put together later. What does the contract ask for?
"""

credit = 0.8

EDITS = [
    (
        'return loss.item()',
        'return loss.item() * len(source)',
    ),
]
