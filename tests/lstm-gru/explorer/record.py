"""The numbers of the gate explorer: a trained LSTM and GRU read one sequence, under every setting of its two sliders.

    python tests/lstm-gru/explorer/record.py     (a minute; writes recorded.json and the page)

They are the lab's own classifiers, trained on the lab's own task from a fixed seed. Everything that the page shows is
recorded: it computes no gate and no gradient, so it holds no answer of the lab.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "assignment" / "lstm-gru"))

from seqlab import models, tasks, training  # noqa: E402

SEED = 1
STEPS = 16  # of the sequence that is shown
FIRST, SECOND = 2, 8  # steps that store a symbol: the first is fixed, the second is the slider's
STORED = "B"
CHOICES = [
    ".",
    "A",
    "B",
    "C",
    "D",
    "E",
]  # of the slider at step SECOND; the dot is a token that stores nothing
SHIFTS = [-6, -4, -2, -1, 0, 1, 2, 4, 6]  # added to the bias of the gate that keeps, after training
UNITS = 6  # of 32 that are shown: the best and the worst keepers
GATES = {"LSTM": ["f", "i", "g", "o"], "GRU": ["z", "r", "n"]}  # the first is the one that keeps


class Classifier(nn.Module):
    """Embedding, layer, head: the answer is read at the last valid step."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        recipe, task = tasks.STORE_RECIPE, tasks.STORE
        self.embedding = nn.Embedding(task.vocab_size, recipe.embedding_size)
        self.recurrent = layer
        self.head = nn.Linear(recipe.hidden_size, task.num_classes)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """tokens (N, T), lengths (N,) → logits (N, K)."""
        outputs, _ = self.recurrent(self.embedding(tokens))
        return self.head(outputs[torch.arange(len(lengths)), lengths - 1])


def trained(kind: str) -> Classifier:
    """A classifier that has learned the task."""
    recipe = tasks.STORE_RECIPE
    torch.manual_seed(SEED)
    make = models.torch_lstm if kind == "LSTM" else models.torch_gru
    model = Classifier(make(recipe.embedding_size, recipe.hidden_size))
    if kind == "LSTM":
        with torch.no_grad():
            for bias, value in ((model.recurrent.bias_ih_l0, 1.0), (model.recurrent.bias_hh_l0, 0.0)):
                bias[recipe.hidden_size : 2 * recipe.hidden_size] = value
    training.train_classifier(model, seed=SEED, progress=False, check_every=50, stop_at=0.98)
    return model


def step(kind: str, layer: Any, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """One step of PyTorch's equations: the new h and c (the GRU's c is its h), and the gates, each (H,)."""
    from_x = layer.weight_ih_l0 @ x + layer.bias_ih_l0
    from_h = layer.weight_hh_l0 @ h + layer.bias_hh_l0
    if kind == "LSTM":
        i, f, g, o = (from_x + from_h).chunk(4)
        gates = {"f": f.sigmoid(), "i": i.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}
        c = gates["f"] * c + gates["i"] * gates["g"]
        return gates["o"] * c.tanh(), c, gates
    (x_r, x_z, x_n), (h_r, h_z, h_n) = from_x.chunk(3), from_h.chunk(3)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    h = (1 - z) * n + z * h
    return h, h, {"z": z, "r": r, "n": n}


def read(kind: str, model: Classifier, choice: str, shift: float) -> dict[str, Any]:
    """What happens inside while the model reads the sequence with this symbol at SECOND and this shift of the bias.

    All rows (T, H): gates, `c` (LSTM only), `h`, and `path`, the direct path from the last step back to step t. `reach`
    (T,) is the gradient's norm with respect to each input, of the sum of the last state, as a share of the largest.
    """
    layer, H = model.recurrent, tasks.STORE_RECIPE.hidden_size
    place = slice(H, 2 * H)  # of f in i, f, g, o, and of z in r, z, n
    with torch.no_grad():
        layer.bias_ih_l0[place] += shift
    try:
        inputs = model.embedding(tokens(choice)).detach().requires_grad_()
        h = c = torch.zeros(H)
        rows: dict[str, list[Tensor]] = {}
        for x in inputs:
            h, c, gates = step(kind, layer, x, h, c)
            for name, value in {**gates, **({"c": c} if kind == "LSTM" else {}), "h": h}.items():
                rows.setdefault(name, []).append(value.detach())
        whole, _ = layer(inputs[None])
        torch.testing.assert_close(whole[0, -1], h, rtol=1e-4, atol=1e-5)  # these are PyTorch's equations
        (gradient,) = torch.autograd.grad(h.sum(), inputs)
        share = model.head(h).softmax(dim=0)
    finally:
        with torch.no_grad():
            layer.bias_ih_l0[place] -= shift
    found = {name: torch.stack(values) for name, values in rows.items()}
    keep = found[GATES[kind][0]]
    path = [keep[t + 1 :].prod(dim=0) for t in range(STEPS)]
    norms = gradient.norm(dim=1)
    return {**found, "path": torch.stack(path), "reach": norms / norms.max(), "share": share.detach()}


def tokens(choice: str) -> Tensor:
    """The sequence (T,): noise, one fixed symbol stored, and the slider's."""
    noise = torch.randint(tasks.STORE.K, (STEPS,), generator=tasks.generator(SEED, "explorer"))
    sequence = noise.clone()
    sequence[FIRST] = tasks.STORE.K + "ABCDEFGH".index(STORED)
    if choice != ".":
        sequence[SECOND] = tasks.STORE.K + "ABCDEFGH".index(choice)
    return sequence


def digits(values: Tensor, low: float, high: float) -> str:
    """Two digits a number, 00 for `low` or less, 98 for `high` or more (49 is the middle, a zero)."""
    parts = ((values.flatten().clamp(low, high) - low) / (high - low) * 98).round().long().tolist()
    return "".join(f"{part:02d}" for part in parts)


RANGES = {"c": (-2.0, 2.0), "h": (-1.0, 1.0), "g": (-1.0, 1.0), "n": (-1.0, 1.0)}  # others: 0 to 1


def recorded() -> dict[str, Any]:
    """The file's content."""
    recorded: dict[str, Any] = {
        "steps": STEPS,
        "units": UNITS,
        "first": FIRST,
        "second": SECOND,
        "stored": STORED,
        "choices": CHOICES,
        "shifts": SHIFTS,
        "ranges": RANGES,
        "models": {},
    }
    for kind, gates in GATES.items():
        model = trained(kind)
        scores = training.accuracies(model, tasks.STORE, seed=SEED)
        plain = read(kind, model, "D", 0)
        keeping = plain[gates[0]][SECOND + 1 :].mean(dim=0).argsort(descending=True)
        shown = keeping[[0, 1, 2, -3, -2, -1]]
        names = [*gates, *(["c"] if kind == "LSTM" else []), "h", "path"]
        runs = []
        for choice in CHOICES:
            for shift in SHIFTS:
                run = read(kind, model, choice, shift)
                answer = int(run["share"].argmax())
                runs.append(
                    {
                        **{
                            name: digits(run[name][:, shown], *RANGES.get(name, (0.0, 1.0))) for name in names
                        },
                        "reach": digits(run["reach"].clamp(min=1e-9).log10(), -6.0, 0.0),
                        "answer": "ABCDEFGH"[answer],
                        "share": round(float(run["share"][answer]), 2),
                    }
                )
        recorded["models"][kind] = {
            "strips": names,
            "accuracy": round(min(scores.values()), 2),
            "runs": runs,
        }
    return recorded


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    text = json.dumps(recorded(), separators=(",", ":"))
    (HERE / "recorded.json").write_text(text + "\n", encoding="utf-8")
    from page import write

    print(f"{write()}: {len(text):,} characters of numbers")
