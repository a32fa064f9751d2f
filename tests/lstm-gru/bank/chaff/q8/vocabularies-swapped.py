"""The source and target vocabularies are swapped.

Hint: Which tokens go into the encoder, and which come out of the head?
"""

credit = 0.6

EDITS = [
    (
        'self.source_embedding = nn.Embedding(source_vocab,',
        'self.source_embedding = nn.Embedding(target_vocab,',
    ),
    (
        'self.target_embedding = nn.Embedding(target_vocab,',
        'self.target_embedding = nn.Embedding(source_vocab,',
    ),
    (
        'nn.Linear(hidden_size, target_vocab)',
        'nn.Linear(hidden_size, source_vocab)',
    ),
]
