"""The candidate g goes through a sigmoid instead of tanh.

Hint: A sigmoid only gives positive numbers. Should a step be able to write a negative value into the cell?
"""

credit = 0.6

EDITS = [
    ("g = torch.tanh(pre_g)", "g = torch.sigmoid(pre_g)"),
]
