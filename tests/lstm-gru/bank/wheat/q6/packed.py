"""pack_padded_sequence and its data; flat index into (N·T, H)."""
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def last_valid(outputs, lengths):
    N, T, H = outputs.shape
    flat = outputs.reshape(N * T, H)
    return flat.index_select(0, torch.arange(N) * T + lengths - 1)
