"""h is picked from the outputs at the last valid token, but c is the layer's own, after the padding.

Hint: A layer gives c for its last step only. What has it read by then in a padded sequence?
"""

credit = 0.5

EDITS = [
    (
        '''        h = x.new_zeros(x.shape[0], self.head.in_features)  # (N, H)
        c = torch.zeros_like(h)
        for t in range(x.shape[1]):
            _, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))
            valid = (t < source_lengths).unsqueeze(1)  # (N, 1): a sequence that is over keeps its state
            h = torch.where(valid, h_next, h)
            c = torch.where(valid, c_next, c)
        return h, c
''',
        '''        outputs, (h, c) = self.encoder(x)
        h = outputs[torch.arange(x.shape[0]), source_lengths - 1]
        return h, c
''',
    ),
]
