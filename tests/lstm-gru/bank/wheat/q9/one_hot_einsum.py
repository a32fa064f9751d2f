import torch
import torch.nn.functional as F


def sequence_loss(logits, targets, pad):
    V = logits.size(-1)
    m = logits.max(dim=-1, keepdim=True).values
    z = logits - m
    log_norm = z.exp().sum(-1).log()                     # (N, T)
    chosen = torch.einsum("ntv,ntv->nt", z, F.one_hot(targets, V).to(z.dtype))
    w = (targets != pad).to(z.dtype)
    w = w / w.sum()
    return torch.einsum("nt,nt->", log_norm - chosen, w)
