import torch
import torch.nn.functional as F


def sequence_loss(logits, targets, pad):
    # a weight of 0 for the pad class; the weighted mean divides by the sum of the weights
    weight = torch.ones(logits.shape[2], dtype=logits.dtype)
    weight[pad] = 0
    return F.nll_loss(F.log_softmax(logits, 2).flatten(0, 1), targets.flatten(), weight=weight)
