"""Reference for q5: how many numbers training can change, and the plain RNN with nearly as many."""

from torch import nn


def count_parameters(module: nn.Module) -> int:
    """The numbers that training can change, each counted once."""
    trainable = [p for p in module.parameters() if p.requires_grad]  # parameters() names a shared one once
    return sum(p.numel() for p in trainable)


def matched_hidden_size(target_params: int, input_size: int) -> int:
    """Width H ≥ 1 of the torch.nn.RNN(input_size, H) whose count is nearest; the smaller of two equally near."""

    def count(width: int) -> int:
        weights = width * input_size + width * width
        biases = 2 * width
        return weights + biases

    width = 1
    while count(width + 1) <= target_params:
        width += 1
    below = abs(target_params - count(width))
    above = abs(count(width + 1) - target_params)
    return width if below <= above else width + 1
