"""The batch is sorted by length and put back by the same order again, not by its inverse.

Hint: order[0] is the sequence that was moved to the front. Where must the front row go back to? (The argsort of the
order says it.)
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
