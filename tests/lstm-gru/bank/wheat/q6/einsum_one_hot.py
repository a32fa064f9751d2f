"""einsum with one-hot and with normalised weights, over outputs whose padding was made 0."""
from torch import Tensor, arange, einsum
from torch.nn.functional import one_hot


def cleared(outputs: Tensor, lengths: Tensor) -> Tensor:
    return outputs.masked_fill((arange(outputs.shape[1]) >= lengths[:, None]).unsqueeze(2), 0)


def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:
    outputs = cleared(outputs, lengths)
    pick = one_hot(lengths - 1, outputs.shape[1]).to(outputs.dtype)     # (N, T)
    return einsum("nt,nth->nh", pick, outputs)
