"""The argument forget_bias is accepted and never used.

Hint: Look at bias_ih_l0 of LSTM(2, 3, forget_bias=5.0). Where is the 5?
"""

credit = 0.8

EDITS = [
    ("if forget_bias is not None:", "if False:"),
]
