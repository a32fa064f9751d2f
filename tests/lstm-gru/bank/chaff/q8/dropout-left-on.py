"""Dropout works at every call: the same source gets a different state each time.

Hint: Call encode twice with the same source. nn.Dropout knows about model.eval(), F.dropout does not. Should there be
any here?
"""

credit = 0.6

EDITS = [
    (
        'x = self.source_embedding(source)  # (N, S, E)',
        'x = nn.functional.dropout(self.source_embedding(source), 0.1)  # (N, S, E)',
    ),
]
