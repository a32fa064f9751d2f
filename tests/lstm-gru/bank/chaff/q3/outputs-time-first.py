"""The outputs come back as (T, N, H), time first.

Hint: The contract has the batch as the first axis. Along which axis do you stack the steps?
"""

credit = 0.7

EDITS = [
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        return torch.stack(outputs, dim=0), (h, c)'''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''outputs.append(h)
        return torch.stack(outputs, dim=0), h'''),
]
