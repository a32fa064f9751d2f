"""Every step is given h in place of the cell state, even the first.

Hint: What does your call of `lstm_step` hand over as its third argument?
"""

credit = 0.4

EDITS = [
    (
        "            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n                x[:, t], h, c, self",
        "            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n                x[:, t], h, h, self",
    ),
]
