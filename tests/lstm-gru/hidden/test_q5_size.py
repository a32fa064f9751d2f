"""q5: exact counts, also of modules that hold more than their own trainable parameters."""

import pytest

from gatelab.testkit import kind, needs, part, same

# Each source makes modules in the worker and returns name → count; the expected counts are worked out here.
PLAIN = """
def main(ns):
    nn, count = torch.nn, ns["count_parameters"]
    return {
        "LSTM(3, 5)": count(nn.LSTM(3, 5)),
        "GRU(4, 2) of two layers": count(nn.GRU(4, 2, num_layers=2)),
        "RNN(7, 1)": count(nn.RNN(7, 1)),
        "Linear(6, 4, bias=False)": count(nn.Linear(6, 4, bias=False)),
        "an Embedding and a Linear": count(nn.Sequential(nn.Embedding(9, 3), nn.Linear(3, 8))),
        "Tanh()": count(nn.Tanh()),
    }
"""
PLAIN_COUNTS = {
    "LSTM(3, 5)": 4 * 5 * (3 + 5 + 2),
    "GRU(4, 2) of two layers": 3 * 2 * (4 + 2 + 2) + 3 * 2 * (2 + 2 + 2),
    "RNN(7, 1)": 7 + 1 + 2,
    "Linear(6, 4, bias=False)": 24,
    "an Embedding and a Linear": 27 + 3 * 8 + 8,
    "Tanh()": 0,
}

SPECIAL = """
class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(11, 4)
        self.head = torch.nn.Linear(4, 11)
        self.head.weight = self.embedding.weight
        self.scale = torch.nn.Parameter(torch.ones(()))

def main(ns):
    nn, count = torch.nn, ns["count_parameters"]
    norm = nn.BatchNorm1d(6)
    part_frozen = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 2))
    for p in part_frozen[0].parameters():
        p.requires_grad_(False)
    frozen = nn.Linear(4, 4).requires_grad_(False)
    layer = nn.Linear(3, 3)
    twice = nn.ModuleList([layer, nn.Tanh(), layer])
    return {
        "BatchNorm1d(6)": count(norm),
        "a Sequential whose first Linear is frozen": count(part_frozen),
        "a frozen Linear": count(frozen),
        "a model whose embedding and head share their weight": count(Tied()),
        "a ModuleList that holds one Linear twice": count(twice),
    }
"""
SPECIAL_COUNTS = {
    "BatchNorm1d(6)": 12,  # its running mean, variance and step counter are buffers
    "a Sequential whose first Linear is frozen": 3 * 2 + 2,
    "a frozen Linear": 0,
    "a model whose embedding and head share their weight": 44 + 11 + 1,
    "a ModuleList that holds one Linear twice": 12,
}

WIDTHS = """
def main(ns, pairs):
    return [ns["matched_hidden_size"](target, width) for target, width in pairs]
"""


def rnn_count(H: int, D: int) -> int:
    """Parameters of torch.nn.RNN(D, H): two matrices and two biases."""
    return H * D + H * H + 2 * H


def nearest(target: int, D: int) -> int:
    """The width, by trying them all; of two equally near, min() takes the first, which is the smaller."""
    top = 2
    while rnn_count(top, D) < target:
        top += 1
    return min(range(1, top + 1), key=lambda H: abs(rnn_count(H, D) - target))


def tied(target: int, D: int) -> bool:
    """Whether two widths are equally near."""
    H = nearest(target, D)
    return abs(rnn_count(H + 1, D) - target) == abs(rnn_count(H, D) - target)


def whole(got, want: int, name: str) -> None:
    """The right number, as a Python int: torch.nn refuses a tensor or a float as a size, even of the same value."""
    plain = isinstance(got, int) and not isinstance(got, bool)
    needs(plain, f"{name} should be a Python int; yours is {kind(got)}.")
    same(got, want, name)


def check_counts(student, source: str, counts: dict[str, int]) -> None:
    needs(student.has("count_parameters"), "`count_parameters` is not defined in the notebook.")
    found = student.run(source).value
    for name, want in counts.items():
        whole(found[name], want, f"count_parameters of {name}")


def check_widths(student, pairs: list[tuple[int, int]]) -> None:
    needs(student.has("matched_hidden_size"), "`matched_hidden_size` is not defined in the notebook.")
    found = student.run(WIDTHS, pairs=[list(pair) for pair in pairs]).value
    for (target, D), got in zip(pairs, found, strict=True):
        whole(got, nearest(target, D), f"matched_hidden_size({target}, {D})")


@part("q5", "counts", 1)
def test_counts(student):
    check_counts(student, PLAIN, PLAIN_COUNTS)


@part("q5", "counts-what-training-can-change", 1)
def test_buffers_frozen_and_shared(student):
    check_counts(student, SPECIAL, SPECIAL_COUNTS)


@part("q5", "widths", 1)
@pytest.mark.parametrize("D", [1, 4, 16])
def test_widths(student, draw, D):
    """The lab's LSTM, random targets, and targets just beside the midpoint between two widths."""
    targets = [6920, 120, int(draw.integers(2000, 9000, 1)), int(draw.integers(300, 2000, 1))]
    for H in (3, 11, int(draw.integers(20, 40, 1))):
        middle = (rnn_count(H, D) + rnn_count(H + 1, D)) // 2
        targets += [middle - 1, middle + 1, rnn_count(H, D)]
    check_widths(student, [(target + tied(target, D), D) for target in targets])  # ties: below


@part("q5", "widths-at-the-edges", 1)
def test_widths_at_the_edges(student):
    """Ties go to the smaller width, no width is below 1, and a large target has a width too."""
    ties = [((rnn_count(H, D) + rnn_count(H + 1, D)) // 2, D) for H, D in [(1, 3), (6, 5), (14, 9), (25, 1)]]
    small = [(1, 4), (0, 2), (rnn_count(1, 6) - 2, 6), (rnn_count(1, 8), 8)]
    check_widths(student, [*ties, *small, (100_000, 10)])
