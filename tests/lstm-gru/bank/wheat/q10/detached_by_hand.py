import torch


def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    model.eval()
    h, c = model.encode(source, source_lengths)
    h, c = h.detach(), c.detach()
    tok = torch.ones(source.shape[0]).long() * bos
    done = [False] * source.shape[0]
    out = torch.empty(source.shape[0], 0, dtype=torch.int64)
    print("decoding", source.shape)
    for t in range(max_len):
        l, (h, c) = model.step(tok, (h, c))
        h, c = h.detach(), c.detach()
        tok = l.detach().argmax(1)
        # what goes into the answer
        col = torch.tensor([pad if d else k for d, k in zip(done, tok.tolist())])
        out = torch.cat((out, col[:, None]), dim=1)
        done = [d or k == eos for d, k in zip(done, tok.tolist())]
        if all(done):
            break
    model.train()
    return out
