"""The LSTM returns its state as (c, h).

Hint: The contract gives the order of the pair. Would your layer go on correctly from the state it returned?
"""

credit = 0.7

EDITS = [
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        return torch.stack(outputs, dim=1), (c, h)'''),
]
