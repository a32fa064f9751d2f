"""The LSTM's hidden state is not carried: every step starts from the first one.

Hint: lstm_step returns two states. Which of them does your next step receive?
"""

credit = 0

EDITS = [
    ("h, c, _ = lstm_step(", "new_h, c, _ = lstm_step("),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(new_h)
        return torch.stack(outputs, dim=1), (new_h, c)'''),
]
