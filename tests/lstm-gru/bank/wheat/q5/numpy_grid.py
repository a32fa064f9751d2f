"""numpy: argmin over a grid of widths (the first of equals); parameters_to_vector for the count."""
import numpy as np
import torch
from torch.nn.utils import parameters_to_vector


def count_parameters(module):
    trainable = [p for p in module.parameters() if p.requires_grad]
    if not trainable:
        return 0
    return len(parameters_to_vector(trainable))


def matched_hidden_size(target_params, input_size):
    # print("searching", target_params, input_size)
    widths = np.arange(1, int(np.sqrt(max(target_params, 1))) + 3, dtype=np.int64)
    counts = widths * input_size + widths ** 2 + 2 * widths
    return int(widths[np.argmin(np.abs(counts - target_params))])
