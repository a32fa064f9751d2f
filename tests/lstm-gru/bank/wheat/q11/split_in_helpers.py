from torch import nn


def forward_loss(model, batch, pad):
    source, source_lengths, targets = batch
    return sequence_loss(model(source, source_lengths, targets, 1.0), targets, pad)


def apply(model, optimizer, loss, clip):
    optimizer.zero_grad(), loss.backward(), nn.utils.clip_grad_norm_(model.parameters(), clip), optimizer.step()


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    loss = forward_loss(model, (source, source_lengths, targets), pad)
    apply(model, optimizer, loss, clip)
    print(f"loss {loss.item():.3f}") if False else None
    return loss.item()
