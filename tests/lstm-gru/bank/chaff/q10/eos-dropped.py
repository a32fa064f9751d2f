"""The first `eos` itself is replaced by padding.

Hint: When is a row marked as ended: before or after its `eos` is written down?
"""

credit = 0.75

EDITS = [
    (
        '            out.append(token.masked_fill(ended, pad))\n            ended = ended | (token == eos)\n',
        '            ended = ended | (token == eos)\n            out.append(token.masked_fill(ended, pad))\n',
    ),
]
