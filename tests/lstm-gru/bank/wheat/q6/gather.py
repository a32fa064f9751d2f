"""gather for the last step; where, then a division by what the mask adds up to, for the mean."""
import torch


def last_valid(outputs, lengths):
    index = (lengths - 1).view(-1, 1, 1).expand(-1, 1, outputs.size(2))
    return outputs.gather(1, index).squeeze(1)
