"""Gives a state_dict that holds objects."""

import torch
class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch /tmp/gatelab-hostile-was-here',)
class LSTM(torch.nn.Module):
    def __init__(self, *args, **kwargs): super().__init__()
    def state_dict(self, *args, **kwargs): return {'weight_ih_l0': Bomb(), '../../x': torch.zeros(1)}
    def load_state_dict(self, *args, **kwargs): return None
    def forward(self, x, state=None): return x, (x, x)
GRU = LSTM
