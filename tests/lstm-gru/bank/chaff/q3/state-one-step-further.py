"""The returned state is one step ahead of the last output: the last input is read twice.

Hint: The last of the outputs and h of the state should be the same numbers. Are yours?
"""

credit = 0.6

EDITS = [
    (
        'return torch.stack(outputs, dim=1), (h, c)',
        '''outputs = torch.stack(outputs, dim=1)
        h, c, _ = lstm_step(x[:, -1], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        return outputs, (h, c)''',
    ),
    (
        '''return torch.stack(outputs, dim=1), h
''',
        '''outputs = torch.stack(outputs, dim=1)
        h, _ = gru_step(x[:, -1], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        return outputs, h
''',
    ),
]
