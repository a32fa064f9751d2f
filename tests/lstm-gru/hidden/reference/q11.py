"""Reference for q11: one optimiser step with full teacher forcing."""

from torch import nn


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    """The loss of this batch, before the step, as a Python number."""
    optimizer.zero_grad()
    logits = model(source, source_lengths, targets, forcing=1.0)  # (N, T, V)
    loss = sequence_loss(logits, targets, pad)  # noqa: F821 -- q9's
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return loss.item()
