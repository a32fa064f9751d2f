import torch


def one_token(scores, token):
    return torch.logsumexp(scores, 0) - scores[token]


def sequence_loss(logits, targets, pad):
    total, count = 0.0, 0
    N, T, V = logits.shape
    for n in range(N):
        for t in range(T):
            tok = int(targets[n, t])
            if tok == pad:
                continue            # padding
            total = total + one_token(logits[n, t], tok)
            count += 1
    return total / count
