import torch
import numpy as np


def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    N = source.shape[0]
    out = np.full((N, max_len), pad)
    alive = np.ones(N, dtype=bool)
    with torch.no_grad():
        state = model.encode(source, source_lengths)
        token = torch.from_numpy(np.full(N, bos))
        L = 0
        while alive.any() and L != max_len:
            logits, state = model.step(token, state)
            best = logits.argmax(dim=1).numpy()
            best = np.where(alive, best, pad)
            out[:, L] = best
            alive = alive & (best != eos)
            token = torch.from_numpy(best)       # ended rows read padding from now on
            L = L + 1
    return torch.from_numpy(out[:, :L])
