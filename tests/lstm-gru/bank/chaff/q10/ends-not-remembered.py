"""Decoding stops only if all sequences say `eos` in the same step: earlier ends are forgotten.

Hint: A sequence said `eos` two steps ago and something else now. Has it ended?
"""

credit = 0.75

EDITS = [
    (
        'if ended.all():',
        'if (token == eos).all():',
    ),
]
