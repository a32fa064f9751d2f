"""The GRU's state is not carried: every step starts from the first one.

Hint: Is the output of step t = 1 different when you change x at t = 0?
"""

credit = 0

EDITS = [
    ("h, _ = gru_step(", "new_h, _ = gru_step("),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''outputs.append(new_h)
        return torch.stack(outputs, dim=1), new_h'''),
]
