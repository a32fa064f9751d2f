"""pack_padded_sequence and its data; flat index into (N·T, H)."""
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def last_valid(outputs, lengths):
    N, T, H = outputs.shape
    flat = outputs.reshape(N * T, H)
    return flat.index_select(0, torch.arange(N) * T + lengths - 1)


def masked_mean(outputs, lengths):
    packed = pack_padded_sequence(outputs, lengths, batch_first=True, enforce_sorted=False)
    zeros_after, _ = pad_packed_sequence(packed, batch_first=True)
    return zeros_after.sum(1) / lengths.reshape(-1, 1)
