"""The reference solutions as plain objects, and the student-style training with them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "assignment" / "lstm-gru"))

from seqlab import tasks, training  # noqa: E402


def load() -> SimpleNamespace:
    """One namespace with the reference of q1 to q11, as a solved notebook would have it."""
    namespace: dict = {"torch": torch, "nn": nn}
    for q in range(1, 12):
        path = ROOT / "tests" / "lstm-gru" / "hidden" / "reference" / f"q{q}.py"
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    return SimpleNamespace(**namespace)


REFERENCE = load()


def classifier(seed: int, kind: str, hidden: int, forget_bias: float | None) -> nn.Module:
    """The classifier whose weights `torch.manual_seed(seed)` draws; the layer first, as in the notebook."""
    torch.manual_seed(seed)
    E, task = tasks.STORE_RECIPE.embedding_size, tasks.STORE
    if kind == "rnn":
        layer = nn.RNN(E, hidden, batch_first=True)
    elif kind == "gru":
        layer = REFERENCE.GRU(E, hidden)
    else:
        layer = REFERENCE.LSTM(E, hidden, forget_bias=forget_bias)
    return REFERENCE.SequenceClassifier(task.vocab_size, E, hidden, task.num_classes, layer)


def translator(seed: int) -> nn.Module:
    """The encoder-decoder whose weights `torch.manual_seed(seed)` draws."""
    torch.manual_seed(seed)
    recipe, task = tasks.REVERSE_RECIPE, tasks.REVERSE
    return REFERENCE.Seq2Seq(
        task.vocab_size, task.vocab_size, recipe.embedding_size, recipe.hidden_size, task.BOS
    )


def store_tests(seed: int, n: int, task: tasks.StoreTask = tasks.STORE) -> dict[str, tasks.Batch]:
    """What a classifier trained from this seed is judged on."""
    stream = tasks.generator(seed, "calibration")
    return {name: task.stratum(name, n, stream) for name in tasks.STRATA}


def reverse_tests(seed: int, n: int) -> dict[str, tasks.Pairs]:
    """What an encoder-decoder trained from this seed is judged on: pairs of every length."""
    stream = tasks.generator(seed, "calibration")
    lengths = range(tasks.REVERSE.shortest, tasks.REVERSE.longest + 1)
    return {f"length {length}": tasks.REVERSE.of_length(length, n, stream) for length in lengths}


def plain_classifier(seed: int, kind: str, n: int) -> dict[str, float]:
    """Scores and CPU seconds of the reference classifier in the loop the notebook and the grader use."""
    recipe = tasks.STORE_RECIPE
    start = time.process_time()
    model = classifier(seed, kind, recipe.hidden_size, recipe.forget_bias)
    training.train_classifier(model, tasks.STORE, recipe, seed=seed, progress=False)
    scores = {name: training.accuracy(model, batch) for name, batch in store_tests(seed, n).items()}
    return scores | {"cpu seconds": time.process_time() - start}


def plain_translator(seed: int, n: int) -> dict[str, float]:
    """Scores and CPU seconds of the reference encoder-decoder in the loop the notebook and the grader use."""
    start = time.process_time()
    model = translator(seed)
    training.train_translator(model, REFERENCE.training_step, seed=seed, progress=False)
    scores = {
        name: training.translate(model, REFERENCE.greedy_decode, tasks.REVERSE, pairs)
        for name, pairs in reverse_tests(seed, n).items()
    }
    return scores | {"cpu seconds": time.process_time() - start}
