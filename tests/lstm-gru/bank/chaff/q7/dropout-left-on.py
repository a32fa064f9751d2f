"""Dropout works at every call, in evaluation too: the same sequence gets different logits each time.

Hint: Call the model twice with the same tokens. nn.Dropout knows about model.eval(); F.dropout must be told:
training=self.training. Should there be any here?
"""

credit = 0.6

EDITS = [
    (
        'return self.head(summary)',
        'return self.head(nn.functional.dropout(summary, 0.5))',
    ),
]
