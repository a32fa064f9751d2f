"""The loop hands (h, h) to the next step: the hidden state takes the place of the cell state.

Hint: What does your loop pass as the third argument of lstm_step at t = 2?
"""

credit = 0.2

EDITS = [
    (
        "            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n                x[:, t], h, c, self",
        "            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n                x[:, t], h, h if t else c, self",
    ),
]
