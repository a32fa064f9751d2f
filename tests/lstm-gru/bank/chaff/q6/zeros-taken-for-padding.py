"""A step whose outputs are all 0 is treated as padding, and `lengths` is ignored.

Hint: May the padding hold other numbers than 0, and a valid step zeros? Who knows where a sequence ends?
"""

credit = 0.4

EDITS = [
    (
        "return outputs[rows, lengths - 1]",
        "last = outputs.shape[1] - 1 - (outputs != 0).any(dim=2).flip(1).int().argmax(dim=1)\n    return outputs[rows, last]",
    ),
]
