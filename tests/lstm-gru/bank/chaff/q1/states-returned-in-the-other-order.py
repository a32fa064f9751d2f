"""The step returns c before h.

Hint: The contract gives the order of the three results. PyTorch's LSTMCell has the same for its two.
"""

credit = 0.7

EDITS = [
    ("return new_h, new_c, gates", "return new_c, new_h, gates"),
]
