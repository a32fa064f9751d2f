"""The outputs come in the reverse order of time.

Hint: Which entry of the outputs belongs to the step that was made last?
"""

credit = 0.7

EDITS = [
    ('return torch.stack(outputs, dim=1), (h, c)', 'return torch.stack(outputs[::-1], dim=1), (h, c)'),
    ('return torch.stack(outputs, dim=1), h\n', 'return torch.stack(outputs[::-1], dim=1), h\n'),
]
