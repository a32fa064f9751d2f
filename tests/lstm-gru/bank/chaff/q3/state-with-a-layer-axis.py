"""The returned state has PyTorch's leading layer axis, (1, N, H).

Hint: The contract's state is what lstm_step and gru_step take, one axis less than PyTorch's. Compare the
shapes.
"""

credit = 0.7

EDITS = [
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        return torch.stack(outputs, dim=1), (h[None], c[None])'''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''outputs.append(h)
        return torch.stack(outputs, dim=1), h[None]'''),
]
