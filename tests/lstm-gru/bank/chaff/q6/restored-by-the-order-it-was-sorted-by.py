"""The batch is sorted by length and put back by the same order again, not by its inverse.

Hint: order[0] is the sequence that came to stand first. Where does the one that stood first go back to? (argsort of the order tells.)
"""

credit = 0.6

EDITS = [
    (
        '''    rows = torch.arange(outputs.shape[0])
    return outputs[rows, lengths - 1]''',
        '''    order = lengths.argsort(descending=True)
    picked = outputs[order, lengths[order] - 1]
    return picked[order]''',
    ),
]
