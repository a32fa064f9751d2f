from torch import nn


def sequence_loss(logits, targets, pad):
    # CrossEntropyLoss wants the classes in axis 1: (N, V, T)
    criterion = nn.CrossEntropyLoss(ignore_index=pad, reduction="mean")
    return criterion(logits.permute(0, 2, 1), targets)
