"""Notice PyTorch's own LSTM and GRU where their equations are asked for: the grader switches them off there."""

from __future__ import annotations

from typing import Any

from torch.overrides import TorchFunctionMode

THEIRS = {"lstm_cell", "gru_cell", "lstm", "gru", "_thnn_fused_lstm_cell", "_thnn_fused_gru_cell"}


class Watching(TorchFunctionMode):
    """`with Watching() as watching:`; afterwards `watching.used` says which of them were called, however they are spelt."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(function, "__name__", "")
        if name in THEIRS:
            self.used.add(name)
        return function(*args, **(kwargs or {}))

    @property
    def text(self) -> str:
        """What the student reads."""
        return (
            f"PyTorch's own {' and '.join(sorted(self.used))} (nn.LSTM, nn.LSTMCell, nn.GRU, nn.GRUCell) does the work here. "
            "The grader switches it off in this question: write the equations out."
        )
