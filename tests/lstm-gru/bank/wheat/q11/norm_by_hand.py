import torch


def clip_(parameters, clip):
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.sqrt(sum(torch.sum(g * g) for g in grads))
    if norm > clip:
        for g in grads:
            g.mul_(clip / norm)


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    model.zero_grad()
    loss = sequence_loss(model(source, source_lengths, targets), targets, pad)
    loss.backward()
    clip_(model.parameters(), clip)
    optimizer.step()
    return float(loss)
