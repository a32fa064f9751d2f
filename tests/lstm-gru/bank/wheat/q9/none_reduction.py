import torch
from torch import nn


def sequence_loss(logits, targets, pad):
    losses = nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    mask = (targets != pad).float()
    #print(mask)
    losses = losses * mask
    return losses.sum().div(mask.sum())
