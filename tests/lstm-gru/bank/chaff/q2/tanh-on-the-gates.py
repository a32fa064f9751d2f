"""The gates r and z go through tanh instead of a sigmoid.

Hint: A gate says how much passes, from nothing to all. What range does that need?
"""

credit = 0.4

EDITS = [
    ("r = torch.sigmoid(x_r + h_r)", "r = torch.tanh(x_r + h_r)"),
    ("z = torch.sigmoid(x_z + h_z)", "z = torch.tanh(x_z + h_z)"),
]
