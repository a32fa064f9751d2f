"""The forget gate is taken to be 1 - i.

Hint: That is a variant (coupled gates) that saves weights. Here the rows for the forget gate exist; are yours
ever used?
"""

credit = 0.3

EDITS = [
    ("f = torch.sigmoid(pre_f)", "f = 1 - i"),
]
