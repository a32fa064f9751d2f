import torch


@torch.inference_mode()
def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    N = source.size(0)
    result = torch.full((N, max_len), pad, dtype=torch.long)
    running = torch.ones(N, dtype=torch.bool)
    token = torch.full((N,), bos)
    state = model.encode(source, source_lengths)
    t = 0
    while t < max_len and running.any():
        scores, state = model.step(token, state)
        token = scores.max(dim=1).indices
        result[running, t] = token[running]
        running &= token != eos
        t += 1
    return result          # always max_len wide
