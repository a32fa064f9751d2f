"""The LSTM's cell state is detached between the steps; only h carries gradients back.

Hint: The values are right. Which of the two states is the long way back for the gradient, and is it open?
"""

credit = 0.5

EDITS = [
    ('''for t in range(x.shape[1]):
            h, c, _ = lstm_step(''', '''for t in range(x.shape[1]):
            c = c.detach()
            h, c, _ = lstm_step('''),
]
