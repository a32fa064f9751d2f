"""gather for the last step, mask times outputs for the mean."""
import torch


def last_valid(outputs, lengths):
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, outputs.size(2))
    return outputs.gather(1, index).squeeze(1)


def masked_mean(outputs, lengths):
    N, T, H = outputs.shape
    mask = torch.arange(T).expand(N, T) < lengths.unsqueeze(1)
    mask = mask.unsqueeze(-1).to(outputs.dtype)
    return (outputs * mask).sum(dim=1) / mask.sum(dim=1)
