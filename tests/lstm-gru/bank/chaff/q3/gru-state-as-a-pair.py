"""The GRU returns a pair of states, as the LSTM does.

Hint: How many tensors does a GRU carry from step to step?
"""

credit = 0.8

EDITS = [
    ('return torch.stack(outputs, dim=1), h\n', 'return torch.stack(outputs, dim=1), (h, h)\n'),
]
