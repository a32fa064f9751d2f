"""Returns a tensor that claims to be huge."""

import torch
def lstm_step(x, h, c, *weights):
    wide = torch.zeros(1).expand(1 << 40)
    return wide, wide, {k: wide for k in 'ifgo'}
