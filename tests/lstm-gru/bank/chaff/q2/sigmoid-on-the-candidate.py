"""The candidate n goes through a sigmoid instead of tanh.

Hint: A sigmoid only gives positive numbers. Should a GRU's state be able to go below zero?
"""

credit = 0.6

EDITS = [
    ("n = torch.tanh(x_n + reset)", "n = torch.sigmoid(x_n + reset)"),
]
