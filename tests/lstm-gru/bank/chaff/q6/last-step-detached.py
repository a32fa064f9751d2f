"""No gradient flows back through last_valid: its result is detached.

Hint: The numbers are right. Could a classifier that reads them train the layer below?
"""

credit = 0.8

EDITS = [
    ("return outputs[rows, lengths - 1]", "return outputs.detach()[rows, lengths - 1]"),
]
