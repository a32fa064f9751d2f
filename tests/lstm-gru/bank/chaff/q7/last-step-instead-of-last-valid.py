"""The head reads the last step of the padded batch instead of each sequence's last valid step.

Hint: A sequence of length 3 in a batch of width 9: what does the layer read in steps 4 to 9, and which of its outputs do you want?
"""

credit = 0

EDITS = [
    (
        'last_valid(outputs, lengths)',
        'outputs[:, -1]',
    ),
]
