"""The batch is sorted by length and the states are put back by the same order again, not by its inverse.

Hint: order[0] is the sequence that was moved to the front. Where must the front row go back to? (The argsort of the
order says it.)
"""

credit = 0.6

EDITS = [
    (
        '''        x = self.source_embedding(source)  # (N, S, E)
''',
        '''        order = source_lengths.argsort(descending=True)
        source, source_lengths = source[order], source_lengths[order]
        x = self.source_embedding(source)  # (N, S, E)
''',
    ),
    (
        '''        return h, c
''',
        '''        return h[order], c[order]
''',
    ),
]
