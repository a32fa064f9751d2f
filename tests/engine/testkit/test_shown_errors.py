"""The exceptions that students really get are told in full where a reference was given too, and no path of the grader is."""

from __future__ import annotations

import bdb
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from kit_lab import kit_lab
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from gatelab.handed_out.checking.plain import DTYPES, NO_GPU, TUPLE, meaning
from gatelab.handed_out.checking.terms import TERMS, Terms
from gatelab.sandbox.worker.runtime import describe
from gatelab.testkit.words import LONGEST, WITHHELD, Words

pytestmark = pytest.mark.usefixtures("kit_terms")

LAB = kit_lab()
PACKED = (
    "`pack_padded_sequence` is for PyTorch's own layers; a layer of the notebook takes the padded tensor (N, T, D). "
    "Give it that, and take each sequence's state at its own last step."
)
PAIRS = f"{TUPLE} A recurrent layer, for one, returns two things: `outputs, state = layer(x)`."
NO_ROW = "An embedding was given a token that it has no row for. Which tokens go in, and how many rows does it have?"
STATE = "A recurrent layer reads (N, T, D), T = 1 for a single step, and a state as it returns one, or none."
WHOLE = "Tokens and indices are whole numbers (int64); this tensor holds others."
OWN = """
class Layer:
    def emb(self, tokens, *, lengths): ...

class Model(nn.Module):
    def forward(self, tokens, lengths):
        emb = self.emb(tokens)
        try:
            open("emb")
        except OSError:
            self.x = {"__setitem__": ...}
        raise ValueError(f"bad shape {emb.shape} at step {t}: {emb.dtype}")
"""
X, D, T = torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64), torch.tensor([1, 2])
LSTM, HEAD, EMB = nn.LSTM(3, 4, batch_first=True), nn.Linear(3, 2), nn.Embedding(5, 3)
PAIR = LSTM(torch.ones(1, 2, 3))


def attribute(value: object, name: str) -> object:
    return getattr(value, name)


class Layer:
    def emb(self, tokens: object, *, lengths: object) -> None: ...


MISTAKES: dict[str, Callable[[], object]] = {
    "packed": lambda: attribute(pack_padded_sequence(torch.ones(2, 3, 1), T, True, False), "shape"),
    "packed, method": lambda: attribute(pack_padded_sequence(torch.ones(2, 3, 1), T, True, False), "new_zeros"),
    "packed, unsorted": lambda: pack_padded_sequence(torch.ones(2, 3, 1), T, True, True),
    "packed, no length": lambda: pack_padded_sequence(torch.ones(2, 3, 1), T * 0, True, False),
    "tuple for tensor": lambda: HEAD(PAIR),
    "tuple has no": lambda: attribute(PAIR, "shape"),
    "tuple has no too": lambda: attribute(PAIR, "argmax"),
    "list index": lambda: [][1],
    "list of tensor": lambda: torch.tensor([X, X]),
    "stack nothing": lambda: torch.stack([]),
    "cat nothing": lambda: torch.cat([]),
    "stack lists": lambda: torch.stack([[1], [2]]),
    "stack a tensor": lambda: torch.stack(3),
    "cat dims": lambda: torch.cat([X, T]),
    "cat sizes": lambda: torch.cat([X, torch.ones(3, 4)]),
    "cat sizes 1": lambda: torch.cat([X, torch.ones(3, 4)], dim=1),
    "matmul": lambda: X @ X,
    "matmul 1-D": lambda: X @ torch.ones(2),
    "matmul 0-D": lambda: X @ torch.tensor(1.0),
    "bmm": lambda: torch.bmm(X, X),
    "bmm sizes": lambda: torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 3, 4)),
    "dtype": lambda: X @ D.T,
    "dtype linear": lambda: HEAD(D),
    "dtype lstm": lambda: LSTM(torch.ones(1, 2, 3).double()),
    "float tokens": lambda: EMB(X),
    "token too large": lambda: EMB(T * 9),
    "sizes": lambda: X + torch.ones(4),
    "view": lambda: X.view(4, 2),
    "view of transposed": lambda: X.T.view(6),
    "reshape": lambda: X.reshape(7),
    "expand": lambda: X.expand(3, 4),
    "expand few": lambda: X.expand(3),
    "dimension": lambda: X.sum(dim=3),
    "index": lambda: X[5],
    "index 2": lambda: X[0, 5],
    "too many indices": lambda: X[0, 0, 0],
    "float index": lambda: X[torch.tensor([0.5])],
    "mask": lambda: X[torch.tensor([True, False, True])],
    "indices broadcast": lambda: X[torch.arange(2), torch.arange(3)],
    "value broadcast": lambda: X.clone().__setitem__(slice(0, 2), torch.ones(2, 5)),
    "gather float": lambda: X.gather(1, X),
    "gather dims": lambda: X.gather(1, T),
    "gather size": lambda: X.gather(0, torch.zeros(2, 9, dtype=torch.int64)),
    "chunk": lambda: torch.tensor(1.0).chunk(4),
    "too many": lambda: exec("a, b = 1, 2, 3"),
    "too few": lambda: exec("a, b, c = 1, 2"),
    "unpack none": lambda: exec("a, b = None"),
    "unpack float": lambda: exec("a, b = 1.5"),
    "bool of tensor": lambda: bool(X > 0),
    "item": lambda: X.item(),
    "int of tensor": lambda: int(X),
    "len of number": lambda: len(torch.tensor(1)),
    "iter number": lambda: list(torch.tensor(1)),
    "mean of ints": lambda: T.mean(),
    "softmax of ints": lambda: T.softmax(0),
    "cross entropy": lambda: nn.functional.cross_entropy(X, torch.tensor([1, 2, 0])),
    "cross entropy class": lambda: nn.functional.cross_entropy(X, torch.tensor([1, 7])),
    "cross entropy 3-D": lambda: nn.functional.cross_entropy(torch.ones(2, 3, 5), torch.zeros(2, 3, dtype=torch.int64)),
    "cross entropy dtype": lambda: nn.functional.cross_entropy(torch.ones(2, 3), torch.zeros(2, dtype=torch.int32)),
    "lstm input": lambda: LSTM(torch.ones(1, 2, 5)),
    "lstm 4-D": lambda: LSTM(torch.ones(1, 2, 3, 5)),
    "lstm state": lambda: LSTM(torch.ones(1, 2, 3), (torch.ones(1, 4), torch.ones(1, 4))),
    "lstm state size": lambda: LSTM(torch.ones(1, 2, 3), (torch.ones(1, 1, 5), torch.ones(1, 1, 5))),
    "lstm one state": lambda: LSTM(torch.ones(1, 2, 3), torch.ones(1, 1, 4)),
    "numpy": lambda: HEAD.weight.numpy(),
    "backward": lambda: X.sum().backward(),
    "backward of many": lambda: HEAD.weight.backward(),
    "leaf": lambda: HEAD.weight.add_(1),
    "leaf view": lambda: HEAD.weight[0].add_(1),
    "int grad": lambda: torch.zeros(2, dtype=torch.int64).requires_grad_(True),
    "flags": lambda: (HEAD.weight * 1).requires_grad_(False),
    "multinomial": lambda: torch.multinomial(torch.tensor([float("nan"), 1.0]), 1),
    "cuda": lambda: X.cuda(),
    "cuda, new": lambda: torch.zeros(2, device="cuda"),
    "mps": lambda: X.to("mps"),
    "no such device": lambda: X.to("gpu"),
    "meta": lambda: X + torch.ones(2, 3, device="meta"),
    "no forward": lambda: nn.Module()(X),
    "no super": lambda: type("Model", (nn.Module,), {"__init__": lambda self: setattr(self, "emb", HEAD)})(),
    "no super, parameter": lambda: type("Model", (nn.Module,), {"__init__": lambda self: setattr(self, "emb", HEAD.weight)})(),
    "tensor as parameter": lambda: setattr(nn.Linear(2, 2), "weight", X),
    "no attribute": lambda: attribute(HEAD, "emb"),
    "no attribute of tensor": lambda: attribute(X, "emb"),
    "no attribute of none": lambda: attribute(None, "shape"),
    "no attribute of torch": lambda: attribute(torch, "emb"),
    "keyword": lambda: Layer().emb(1, tokens=2, lengths=3),
    "keyword 2": lambda: Layer().emb(1, lengths=3, emb=4),
    "missing": lambda: Layer().emb(1),
    "missing 2": lambda: Layer().emb(lengths=1),
    "too many arguments": lambda: Layer().emb(1, 2, 3, lengths=4),
    "not callable": lambda: X(),
    "not iterable": lambda: list(3),
    "not subscriptable": lambda: (3)[0],
    "assign to tuple 2": lambda: exec("a = (1, 2); a[0] = 3"),
    "none plus": lambda: X + None,
    "none minus": lambda: None - 3,
    "power": lambda: "a" ** 2,
    "compare": lambda: [1] < 3,
    "string plus": lambda: "a" + 1,
    "list plus": lambda: [1] + (2,),
    "zero": lambda: 1 / 0,
    "zero float": lambda: 1.0 / 0,
    "modulo": lambda: 1 % 0,
    "key": lambda: {}["emb"],
    "hash": lambda: {[]: 1},
    "recursion": lambda: (lambda f: f(f))(lambda f: f(f)),
    "name": lambda: exec("emb", {}),
    "import": lambda: __import__("emb"),
    "import from": lambda: exec("from torch.nn import emb"),
    "no file": lambda: Path("/tmp/emb").read_text(),
    "len": lambda: len(3),
    "round": lambda: range(1.5),
    "indices": lambda: exec("[1][1.5]"),
    "slice": lambda: [1][X:],
    "linear of list": lambda: HEAD([1, 2]),
    "embedding of list": lambda: EMB([1, 2]),
    "zeros": lambda: torch.zeros("emb"),
    "zeros of tensor": lambda: torch.zeros(X, 2),
    "sigmoid of number": lambda: torch.sigmoid(1.5),
    "tanh of none": lambda: torch.tanh(None),
    "where": lambda: torch.where(X, X, X),
    "masked_fill": lambda: X.masked_fill(X, 0),
    "argmax of tuple": lambda: torch.argmax(PAIR),
    "load": lambda: nn.Linear(3, 2).load_state_dict({"weight": X}),
    "zip": lambda: list(zip([1], [1, 2], strict=True)),
    "own, with numbers": lambda: (_ for _ in ()).throw(ValueError(f"bad shape {X.shape} at step {3}: {X.dtype}")),
    "permute": lambda: X.permute(0, 1, 2),
    "transpose": lambda: X.transpose(1, 2),
    "squeeze": lambda: X.unsqueeze(5),
    "repeat": lambda: X.repeat(2),
    "scatter": lambda: X.scatter(1, X, 1.0),
    "clip": lambda: nn.utils.clip_grad_norm_(None, 1.0),
    "optimizer": lambda: torch.optim.SGD([], lr=0.1),
    "one hot": lambda: nn.functional.one_hot(X, 3),
    "one hot size": lambda: nn.functional.one_hot(T * 9, 3),
    "assert": lambda: exec("assert 1 > 2"),
    "debugger": lambda: (_ for _ in ()).throw(bdb.BdbQuit()),
}  # fmt: skip


def raised(code: Callable[[], object]) -> dict:
    try:
        code()
    except BaseException as error:
        return describe(error)
    return {}


@pytest.mark.parametrize("about", MISTAKES)
def test_a_common_exception_is_shown_where_a_reference_was_given(about: str) -> None:
    error = raised(MISTAKES[about])
    if not error:
        return  # this version of PyTorch allows it
    words = Words({3: OWN}, ["lstm_step", *LAB.policy.names], LAB.policy.messages)
    words.given = True
    assert words.error(error)["message"] != WITHHELD, error["message"]


@pytest.mark.parametrize(
    ("about", "means"),
    [
        ("packed", PACKED), ("packed, method", PACKED), ("cuda", NO_GPU), ("cuda, new", NO_GPU), ("mps", NO_GPU),
        ("dtype", DTYPES), ("dtype linear", DTYPES), ("dtype lstm", DTYPES), ("tuple for tensor", PAIRS),
        ("tuple has no", PAIRS), ("token too large", NO_ROW), ("lstm state", STATE), ("float tokens", WHOLE), ("matmul", ""), ("key", ""), ("zero", ""),
        ("import", "The lab is graded with the modules in its requirements.txt, and no others."),
        ("debugger", "A debugger was left in (`breakpoint()`, `set_trace()`): remove it."),
    ],
)  # fmt: skip
def test_its_meaning_is_explained_in_plain_words(about: str, means: str) -> None:
    words = Words({3: OWN}, LAB.policy.names, LAB.policy.messages)
    words.given = True
    error = words.error(raised(MISTAKES[about]))
    assert meaning(error["type"], error["message"]) == means, error


def test_a_lab_without_meanings_of_its_own_gets_the_engines() -> None:
    before = TERMS.set(Terms())
    said = {
        about: meaning(*map(raised(MISTAKES[about]).get, ("type", "message")))
        for about in ("packed", "tuple for tensor", "lstm state")
    }
    TERMS.reset(before)
    assert said == {"packed": "", "tuple for tensor": TUPLE, "lstm state": ""}


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "cannot import name 'emb' from 'torch' (/usr/lib/python3.11/site-packages/torch/__init__.py)",
            "__init__.py",
        ),
        ("[Errno 2] No such file or directory: '/tmp/gatelab x/emb'", "'emb'"),
        ("/tmp/tmpx1/emb.so: cannot open shared object file", "emb.so"),
        (r"C:\Users\staff\emb.py is not there", "emb.py"),
    ],
)
def test_no_path_of_the_graders_machine_is_shown(text: str, told: str, given: bool) -> None:
    words = Words({3: OWN}, LAB.policy.names, LAB.policy.messages)
    words.given = given
    said = words.message(text)
    assert not re.search(r"[/\\]\w", said) and (given or told in said)


def test_a_path_that_the_student_wrote_is_shown() -> None:
    text = "[Errno 2] No such file or directory: '/content/drive/data.csv'"
    assert Words({3: "open('/content/drive/data.csv')"}).message(text) == text
    assert Words({}).message("N/A: 1/2 of a/b, https://x.org/a/b") == "N/A: 1/2 of a/b, https://x.org/a/b"


@pytest.mark.parametrize("number", ["123456789012345678901", "secret", "1e3", "[12, 13, 14, 15, 16, 17, 18]"])
def test_a_template_of_the_students_own_lets_nothing_through_but_sizes(number: str) -> None:
    words = Words({3: OWN}, LAB.policy.names, LAB.policy.messages)
    words.given = True
    assert words.message(f"bad shape {number} at step 1: torch.float32") == WITHHELD
    assert len(words.message("x" * 900)) < LONGEST
