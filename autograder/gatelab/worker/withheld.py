"""PyTorch's own LSTM and GRU, out of reach: for the questions that ask for their equations.

`torch.nn.LSTM`, `torch.lstm_cell`, `torch._VF`, `torch.ops.aten`, a scripted module: however it is spelt, the call
arrives at one of a few operators of PyTorch's dispatcher, and there it is refused. So are the cells that PyTorch holds
once more in Python. The cells of the notebook run before: to compare with PyTorch there is allowed. (What is traced
there is a program of small operations and runs on; `torch.jit` and its like are hints to staff.)
"""

from __future__ import annotations

import contextlib
import ctypes
import warnings
from collections.abc import Iterator
from typing import Any

from torch._C import _dispatch_library
from torch._decomp import decompositions
from torch.ao.nn.quantizable.modules.rnn import LSTMCell

# Not rnn_tanh: a plain RNN does none of the work that is asked for.
OPERATORS = {
    "lstm_cell": "CompositeImplicitAutograd",
    "lstm.input": "CompositeImplicitAutograd",
    "lstm.data": "CompositeImplicitAutograd",
    "gru_cell": "CompositeImplicitAutograd",
    "gru.input": "CompositeImplicitAutograd",
    "gru.data": "CompositeImplicitAutograd",
    "mkldnn_rnn_layer": "CPU",
}
SWITCHED_OFF = "PyTorch's own LSTM and GRU are switched off in this question: write the equations out"
COPIES = (decompositions.lstm_cell, decompositions.gru_cell, LSTMCell.forward)


def refuse(*args: Any, **kwargs: Any) -> None:
    """What the operators and their copies do instead. Uses no name of this module: it is put into others."""
    raise RuntimeError(
        "PyTorch's own LSTM and GRU are switched off in this question: write the equations out"
    )


def _refusals() -> Any:
    """The operators refuse for as long as what this returns is kept."""
    library = _dispatch_library("IMPL", "aten", "", __file__, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that an operator is overridden
        for operator, key in OPERATORS.items():
            library.impl(operator, key, refuse)
    return library


def withhold() -> None:
    """Refuse for the rest of this process. The notebook's code finds no object to undo it with."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_refusals()))
    for function in COPIES:
        function.__code__ = refuse.__code__


@contextlib.contextmanager
def withheld() -> Iterator[None]:
    """Refuse for a while: the examiner, which makes a call again on code of staff, needs the library itself."""
    library = _refusals()
    try:
        yield
    finally:
        del library
