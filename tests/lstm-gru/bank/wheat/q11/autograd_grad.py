import torch
from torch import nn


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    parameters = list(model.parameters())
    logits = model.forward(source, source_lengths, targets, 1.0)
    loss = sequence_loss(logits, targets, pad)
    # gradients without backward(): nothing old can be in them
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    nn.utils.clip_grad_norm_(parameters, max_norm=clip)
    optimizer.step()
    return loss.detach().tolist()
