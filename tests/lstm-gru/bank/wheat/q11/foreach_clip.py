import torch
import numpy as np

history = []


def training_step(model, optimizer, source, source_lengths, targets, pad, clip=1.0):
    # 1. forget
    optimizer.zero_grad()
    # 2. forward
    logits = model(source, source_lengths, targets, forcing=1.0)
    # 3. loss
    loss = sequence_loss(logits, targets, pad)
    # 4. backward
    loss.backward()
    # 5. clip: one long vector
    flat = torch.cat([p.grad.reshape(-1) for p in model.parameters()])
    scale = min(1.0, clip / (flat.norm().item() + 1e-6))
    with torch.no_grad():
        torch._foreach_mul_([p.grad for p in model.parameters()], scale)
    # 6. step
    optimizer.step()
    history.append(np.float64(loss.detach().numpy()))
    return float(history[-1])
