"""The exceptions that students really get, each with the line of code that raises it."""

from __future__ import annotations

import bdb
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from gatelab.handed_out.checking.plain import meaning
from gatelab.sandbox.worker.runtime import describe
from gatelab.testkit.words import WITHHELD, Words

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

# A notebook whose own names and messages may be shown.
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

# Their messages are shown if a lab's policy lists them.
OF_A_LAB = {about for about in MISTAKES if "packed" in about or "lstm" in about}


def raised(code: Callable[[], object]) -> dict:
    try:
        code()
    except BaseException as error:
        return describe(error)
    return {}


def is_shown_where_a_reference_was_given(about: str, words: Words) -> None:
    """Check that the exception keeps its message, or gets one with the same meaning. `words`: for a notebook with OWN in cell 3."""
    error = raised(MISTAKES[about])
    if not error:
        return  # this version of PyTorch allows it
    words.restricted = True
    shown = words.error(error)
    assert shown["message"] != WITHHELD, error["message"]
    assert meaning(shown["type"], shown["message"]) == meaning(error["type"], error["message"])
