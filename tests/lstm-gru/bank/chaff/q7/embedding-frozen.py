"""The graph is cut after the embedding, so the embedding never learns.

Hint: Which parameters have a `.grad` after `loss.backward()`?
"""

credit = 0.6

EDITS = [
    (
        'x = self.embedding(tokens)',
        'x = self.embedding(tokens).detach()',
    ),
]
