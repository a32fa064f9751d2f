"""einsum with one-hot and with normalised weights."""
from torch import Tensor, arange, einsum
from torch.nn.functional import one_hot


def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:
    pick = one_hot(lengths - 1, outputs.shape[1]).to(outputs.dtype)     # (N, T)
    return einsum("nt,nth->nh", pick, outputs)


def masked_mean(outputs: Tensor, lengths: Tensor) -> Tensor:
    weights = (arange(outputs.shape[1])[None] < lengths[:, None]).to(outputs) / lengths[:, None].to(outputs)
    return einsum("nt,nth->nh", weights, outputs)
