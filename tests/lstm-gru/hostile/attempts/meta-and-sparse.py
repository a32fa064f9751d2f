"""Returns tensors that hold no numbers."""

import torch
def lstm_step(x, h, c, *weights):
    return torch.empty(h.shape, device='meta'), h.detach().to_sparse(), {k: torch.view_as_complex(torch.zeros(*h.shape, 2)) for k in 'ifgo'}
