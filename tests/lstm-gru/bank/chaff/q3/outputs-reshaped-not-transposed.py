"""The outputs are stacked time first and then reshaped to (N, T, H), which mixes the sequences up.

Hint: A reshape never moves a number past another. What moves an axis?
"""

credit = 0.5

EDITS = [
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        return torch.stack(outputs, dim=0).reshape(x.shape[0], x.shape[1], -1), (h, c)'''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''outputs.append(h)
        return torch.stack(outputs, dim=0).reshape(x.shape[0], x.shape[1], -1), h'''),
]
