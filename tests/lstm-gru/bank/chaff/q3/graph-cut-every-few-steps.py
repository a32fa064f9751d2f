"""The graph is cut every few steps, so that no gradient flows back through the whole sequence.

Hint: On a short sequence all gradients are right. Make it longer: from the last output, how far back in x does a
gradient get?
"""

credit = 0.5

EDITS = [
    ('''for t in range(x.shape[1]):
            h, c, _ = lstm_step(''', '''for t in range(x.shape[1]):
            if t % 8 == 7:
                h, c = h.detach(), c.detach()
            h, c, _ = lstm_step('''),
    ('''for t in range(x.shape[1]):
            h, _ = gru_step(''', '''for t in range(x.shape[1]):
            if t % 8 == 7:
                h = h.detach()
            h, _ = gru_step('''),
]
