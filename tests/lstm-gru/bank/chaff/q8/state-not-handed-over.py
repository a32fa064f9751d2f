"""The decoder starts from zeros: nothing of the source reaches it.

Hint: Change the source and see whether any logit changes.
"""

credit = 0

EDITS = [
    (
        'state = self.encode(source, source_lengths)',
        'state = tuple(torch.zeros_like(s) for s in self.encode(source, source_lengths))',
    ),
]
