"""The model builds a recurrent layer of its own and ignores the one it was given.

Hint: `recurrent` is an argument so that RNN, GRU and LSTM can be compared. Which layer does your model call?
"""

credit = 0

EDITS = [
    (
        'self.recurrent = recurrent',
        'self.recurrent = nn.LSTM(embedding_size, hidden_size, batch_first=True)',
    ),
]
