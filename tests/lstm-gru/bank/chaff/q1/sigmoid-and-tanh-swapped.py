"""Sigmoid and tanh have changed places in the four gates.

Hint: A gate says how much passes, from nothing to all; the candidate says what is written. What range does
each need?
"""

credit = 0.4

EDITS = [
    ("i = torch.sigmoid(pre_i)", "i = torch.tanh(pre_i)"),
    ("f = torch.sigmoid(pre_f)", "f = torch.tanh(pre_f)"),
    ("g = torch.tanh(pre_g)", "g = torch.sigmoid(pre_g)"),
    ("o = torch.sigmoid(pre_o)", "o = torch.tanh(pre_o)"),
]
