"""The state is detached between the steps, so that no gradient flows back through time.

Hint: The values are right. Send a gradient into the last output: how far back in x does it get?
"""

credit = 0.4

EDITS = [
    ('''for t in range(x.shape[1]):
            h, c, _ = lstm_step(''', '''for t in range(x.shape[1]):
            h, c = h.detach(), c.detach()
            h, c, _ = lstm_step('''),
    ('''for t in range(x.shape[1]):
            h, _ = gru_step(''', '''for t in range(x.shape[1]):
            h = h.detach()
            h, _ = gru_step('''),
]
