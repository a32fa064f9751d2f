"""Decoding goes on after `max_len` steps when a sequence does not end.

Hint: What does your loop do with a model that never says `eos`?
"""

credit = 0.5

EDITS = [
    (
        'for _ in range(max_len):',
        'for _ in range(5 * max_len + 20):',
    ),
]
