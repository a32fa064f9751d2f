"""The outputs are one step late: entry t is the hidden state before step t.

Hint: outputs[:, 0] should already have seen x[:, 0]. When in the loop do you keep h?
"""

credit = 0.6

EDITS = [
    ('''for t in range(x.shape[1]):
            h, c, _ = lstm_step(''', '''for t in range(x.shape[1]):
            outputs.append(h)
            h, c, _ = lstm_step('''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''pass
        return torch.stack(outputs, dim=1), (h, c)'''),
    ('''for t in range(x.shape[1]):
            h, _ = gru_step(''', '''for t in range(x.shape[1]):
            outputs.append(h)
            h, _ = gru_step('''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''pass
        return torch.stack(outputs, dim=1), h'''),
]
