"""The padded inputs are multiplied by 0, and the encoder goes on stepping over them: the state changes all the same.

Hint: An LSTM that reads zeros still forgets, and its biases are still there. What must happen to the state of a sequence that is over?
"""

credit = 0.5

EDITS = [
    (
        '''        x = self.source_embedding(source)  # (N, S, E)
''',
        '''        x = self.source_embedding(source)  # (N, S, E)
        real = torch.arange(x.shape[1]) < source_lengths[:, None]  # (N, S)
        x = x * real.to(x.dtype)[:, :, None]
''',
    ),
    (
        '''            valid = (t < source_lengths).unsqueeze(1)  # (N, 1): a sequence that is over keeps its state
            h = torch.where(valid, h_next, h)
            c = torch.where(valid, c_next, c)
''',
        '''            h, c = h_next, c_next
''',
    ),
]
