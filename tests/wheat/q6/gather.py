"""gather for the last step; where, then a division by what the mask adds up to, for the mean."""
import torch


def last_valid(outputs, lengths):
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, outputs.size(2))
    return outputs.gather(1, index).squeeze(1)


def masked_mean(outputs, lengths):
    N, T, H = outputs.shape
    mask = torch.arange(T).expand(N, T) < lengths.unsqueeze(1)
    mask = mask.unsqueeze(-1)
    return torch.where(mask, outputs, 0.0).sum(dim=1) / mask.sum(dim=1).to(outputs.dtype)
