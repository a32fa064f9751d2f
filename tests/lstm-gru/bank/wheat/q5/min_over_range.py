"""min with a key over a range; named_parameters with a set of ids."""


def rnn_size(d, h):
    return d * h + h * h + h + h


def count_parameters(module):
    seen, total = set(), 0
    for name, p in module.named_parameters(remove_duplicate=False):
        if p.requires_grad and id(p) not in seen:
            seen.add(id(p))
            total += p.nelement()
    return int(total)


def matched_hidden_size(target_params: int, input_size: int) -> int:
    top = int(target_params ** 0.5) + 2
    return min(range(1, top + 1), key=lambda h: (abs(rnn_size(input_size, h) - target_params), h))
