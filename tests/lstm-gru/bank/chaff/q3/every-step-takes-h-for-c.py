"""Every step is given h in the place of the cell state, the first one too.

Hint: What does your call of `lstm_step` hand over as its third argument?
"""

credit = 0.4

EDITS = [
    (
        "            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n                x[:, t], h, c, self",
        "            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n                x[:, t], h, h, self",
    ),
]
