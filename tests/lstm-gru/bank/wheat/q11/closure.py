import torch.nn.utils as U


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = sequence_loss(model(source, source_lengths, targets, forcing=1), targets, pad)
        loss.backward()
        U.clip_grad_norm_(model.parameters(), clip)
        return loss

    return optimizer.step(closure).item()
