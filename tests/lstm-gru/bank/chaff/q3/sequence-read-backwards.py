"""The sequence is read from its end to its start.

Hint: Which step should know nothing but x[:, 0]: the first or the last?
"""

credit = 0.4

EDITS = [
    ('''for t in range(x.shape[1]):
            h, c, _ = lstm_step(''', '''for t in reversed(range(x.shape[1])):
            h, c, _ = lstm_step('''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        return torch.stack(outputs[::-1], dim=1), (h, c)'''),
    ('''for t in range(x.shape[1]):
            h, _ = gru_step(''', '''for t in reversed(range(x.shape[1])):
            h, _ = gru_step('''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''outputs.append(h)
        return torch.stack(outputs[::-1], dim=1), h'''),
]
