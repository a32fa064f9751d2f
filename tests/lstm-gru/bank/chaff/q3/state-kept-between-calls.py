"""The layer remembers its last state and goes on from it when none is given.

Hint: None means zeros. Call your layer twice with the same x: are the outputs the same?
"""

credit = 0.5

EDITS = [
    ("if state is None:", '''state = getattr(self, 'last', None) if state is None else state
        if state is None or state[0].shape[0] != x.shape[0]:'''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        self.last = (h.detach(), c.detach())
        return torch.stack(outputs, dim=1), (h, c)'''),
]
