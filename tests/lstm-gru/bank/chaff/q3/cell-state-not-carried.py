"""The LSTM's cell state is not carried: every step starts from the first one.

Hint: lstm_step returns two states. Which of them does your next step receive?
"""

credit = 0

EDITS = [
    ("h, c, _ = lstm_step(", "h, new_c, _ = lstm_step("),
]
