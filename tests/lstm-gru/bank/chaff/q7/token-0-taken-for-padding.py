"""Token 0 is treated as padding (`padding_idx=0`), so its embedding gets no gradient.

Hint: In this task `lengths` says what is padding. Which tokens are allowed to be 0?
"""

credit = 0.75

EDITS = [
    (
        'nn.Embedding(vocab_size, embedding_size)',
        'nn.Embedding(vocab_size, embedding_size, padding_idx=0)',
    ),
]
