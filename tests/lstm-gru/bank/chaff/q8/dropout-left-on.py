"""Dropout works at every call: the same source gets another state each time.

Hint: Call encode twice with the same source. nn.Dropout knows about model.eval(), F.dropout does not. Is there to be any?
"""

credit = 0.6

EDITS = [
    (
        'x = self.source_embedding(source)  # (N, S, E)',
        'x = nn.functional.dropout(self.source_embedding(source), 0.1)  # (N, S, E)',
    ),
]
