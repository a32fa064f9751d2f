"""References with edits, as students' own versions of them, graded."""

from __future__ import annotations

from pathlib import Path

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.report.record.model import Report


def edited(source: str, *edits: tuple[str, str], once: bool = True) -> str:
    """`source` with each old text, which must be there (`once`: and only once), replaced."""
    for old, new in edits:
        assert source.count(old) == 1 or (old in source and not once), old
        source = source.replace(old, new)
    return source


def graded(
    engine: Engine, place: Path, edits: dict[str, list[tuple[str, str]]], training: bool = False
) -> Report:
    """The report on the references with these edits, by question."""
    sources = {id: edited(engine.lab.reference(id), *some) for id, some in edits.items()}
    report = engine.grade(write_notebook(place / "lab.ipynb", engine.lab, sources), training=training)
    assert report.status == "graded", report.reason
    return report


def lost(report: Report) -> dict[str, list[tuple[str, str]]]:
    """Question → its lost parts with their messages."""
    rows = {q.id: [(p.name, p.student_text) for p in q.parts if not p.passed] for q in report.questions}
    return {id: found for id, found in rows.items() if found}


FORWARD = """    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
"""

LSTM_INIT = (
    "    def __init__(self, input_size: int, hidden_size: int, forget_bias: float | None = None) -> None:\n"
)

LSTM_END = "        return torch.stack(outputs, dim=1), (h, c)\n"

LSTM_LOOP = "            outputs.append(h)\n        return torch.stack(outputs, dim=1), (h, c)\n"

WEIGHTS = "x[:, t], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0\n"

ENCODE = """        h = x.new_zeros(x.shape[0], self.head.in_features)  # (N, H)
        c = torch.zeros_like(h)
        for t in range(x.shape[1]):
            _, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))
            valid = (t < source_lengths).unsqueeze(1)  # (N, 1): a sequence that is over keeps its state
            h = torch.where(valid, h_next, h)
            c = torch.where(valid, c_next, c)
        return h, c
"""

CELLS = (
    LSTM_LOOP,
    f"            outputs.append(h)\n            cells.append(c)\n        self.cells = torch.stack(cells, dim=1)\n{LSTM_END}",
)

NO_CELLS = (
    "            h, c = state\n        outputs = []\n",
    "            h, c = state\n        outputs, cells = [], []\n",
)

ROWS = "torch.arange(len(source)), source_lengths - 1"

OWN: dict[str, dict[str, list[tuple[str, str]]]] = {
    "an LSTM that takes lengths": {
        "q3": [
            (FORWARD, "    def forward(self, x, state=None, lengths=None):\n"),
            NO_CELLS,
            (
                LSTM_LOOP,
                "            outputs.append(h)\n            cells.append(c)\n"
                "        if lengths is not None:\n"
                "            rows = torch.arange(len(x))\n"
                "            h, c = torch.stack(outputs, 1)[rows, lengths - 1], torch.stack(cells, 1)[rows, lengths - 1]\n"
                + LSTM_END,
            ),
        ],
        "q8": [(ENCODE, "        return self.encoder(x, lengths=source_lengths)[1]\n")],
    },
    "an LSTM that keeps its cell states": {
        "q3": [NO_CELLS, CELLS],
        "q8": [
            (
                ENCODE,
                f"        outputs, _ = self.encoder(x)\n        return outputs[{ROWS}], self.encoder.cells[{ROWS}]\n",
            )
        ],
    },
    "an LSTM with more options": {
        "q3": [
            (LSTM_INIT, LSTM_INIT.replace("forget_bias: float", "zero: bool = False, forget_bias: float")),
            ("        if forget_bias is not None:\n", "        if zero:\n            for p in self.parameters():\n                nn.init.zeros_(p)\n        if forget_bias is not None:\n"),
        ],
        "q8": [
            ("self.encoder = LSTM(embedding_size, hidden_size)", "self.encoder = LSTM(embedding_size, hidden_size, zero=False)"),
        ],
    },
    "an LSTM with a method more": {
        "q3": [(LSTM_END, LSTM_END + "\n    def start(self, x):\n        h = x.new_zeros(len(x), self.hidden_size)\n        return h, torch.zeros_like(h)\n")],
        "q8": [("        h = x.new_zeros(x.shape[0], self.head.in_features)  # (N, H)\n        c = torch.zeros_like(h)\n", "        h, c = self.encoder.start(x)\n")],
    },
    "an lstm_step with an argument more": {
        "q1": [
            ("b_ih: Tensor, b_hh: Tensor\n)", "b_ih: Tensor, b_hh: Tensor, peephole=None\n)"),
        ],
        "q3": [(WEIGHTS, WEIGHTS.replace("self.bias_hh_l0\n", "self.bias_hh_l0, peephole=None\n"))],
    },
    "an lstm_step called by keywords": {
        "q3": [(WEIGHTS, "x=x[:, t], h=h, c=c, w_ih=self.weight_ih_l0, w_hh=self.weight_hh_l0, b_ih=self.bias_ih_l0, b_hh=self.bias_hh_l0\n")],
    },
    "an lstm_step that leaves something in a class": {
        "q1": [
            ("def lstm_step(", "class Seen:\n    cells = []\n\n\ndef lstm_step("),
            ("    return new_h, new_c, gates", "    Seen.cells.append(new_c)\n    return new_h, new_c, gates"),
        ],
        "q3": [
            ("            h, c = state\n        outputs = []\n", "            h, c = state\n        Seen.cells.clear()\n        outputs = []\n"),
            (LSTM_END, "        assert len(Seen.cells) == x.shape[1]\n" + LSTM_END),
        ],
    },
    "an lstm_step with an attribute": {
        "q1": [("    return new_h, new_c, gates", "    lstm_step.last = new_h\n    return new_h, new_c, gates")],
        "q3": [("            outputs.append(h)\n        return torch.stack(outputs, dim=1), (h, c)", "            assert lstm_step.last.shape == h.shape\n            outputs.append(h)\n        return torch.stack(outputs, dim=1), (h, c)")],
    },
    "a gru_step with an argument more": {
        "q2": [("b_ih: Tensor, b_hh: Tensor\n)", "b_ih: Tensor, b_hh: Tensor, *, coupled=False\n)")],
        "q3": [("self.bias_hh_l0\n            )\n            outputs.append(h)\n        return torch.stack(outputs, dim=1), h\n", "self.bias_hh_l0, coupled=False\n            )\n            outputs.append(h)\n        return torch.stack(outputs, dim=1), h\n")],
    },
    "an lstm_step with names of its own": {
        "q1": [
            ("x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor\n)", "inp, hidden, cell, W, U, b, d\n)"),
            ("    from_input", "    x, h, c, w_ih, w_hh, b_ih, b_hh = inp, hidden, cell, W, U, b, d\n    from_input"),
        ],
        "q3": [(WEIGHTS, "x[:, t], hidden=h, cell=c, W=self.weight_ih_l0, U=self.weight_hh_l0, b=self.bias_ih_l0, d=self.bias_hh_l0\n")],
    },
    "an lstm_step that gives no gates when asked": {
        "q1": [
            ("b_ih: Tensor, b_hh: Tensor\n)", "b_ih: Tensor, b_hh: Tensor, *, with_gates=True\n)"),
            ("    return new_h, new_c, gates", "    return (new_h, new_c, gates) if with_gates else (new_h, new_c)"),
        ],
        "q3": [
            ("h, c, _ = lstm_step(", "h, c = lstm_step("),
            (WEIGHTS, WEIGHTS.replace("self.bias_hh_l0\n", "self.bias_hh_l0, with_gates=False\n")),
        ],
    },
    "a gru_step that gives the state alone when asked": {
        "q2": [
            ("b_ih: Tensor, b_hh: Tensor\n)", "b_ih: Tensor, b_hh: Tensor, with_gates=True\n)"),
            ("    return new_h, ", "    if not with_gates:\n        return new_h\n    return new_h, "),
        ],
        "q3": [
            ("h, _ = gru_step(", "h = gru_step("),
            ("self.bias_hh_l0\n            )\n            outputs.append(h)\n        return torch.stack(outputs, dim=1), h\n", "self.bias_hh_l0, with_gates=False\n            )\n            outputs.append(h)\n        return torch.stack(outputs, dim=1), h\n"),
        ],
    },
    "a last_valid that takes the axis": {
        "q6": [
            ("def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:", "def last_valid(outputs: Tensor, lengths: Tensor, dim: int = 1) -> Tensor:"),
            ("    rows = torch.arange(outputs.shape[0])\n", "    outputs = outputs.movedim(dim, 1)\n    rows = torch.arange(outputs.shape[0])\n"),
        ],
        "q7": [("last_valid(outputs, lengths)", "last_valid(outputs, lengths, dim=1)")],
    },
    "a Seq2Seq with a helper": {
        "q8": [("    def forward(self, source", "    def most_likely(self, token, state):\n        logits, state = self.step(token, state)\n        return logits.argmax(dim=-1), state\n\n    def forward(self, source")],
        "q10": [("            logits, state = model.step(token, state)\n            token = logits.argmax(dim=-1)\n", "            token, state = model.most_likely(token, state)\n")],
    },
    "a Seq2Seq whose step is another method's": {
        "q8": [
            ("    def step(self, token, state):\n", "    def step(self, token, state):\n        return self.one(token, state)\n\n    def one(self, token, state):\n"),
        ],
        "q10": [("model.step(token, state)", "model.one(token, state)")],
    },
    "a Seq2Seq that keeps a setting": {
        "q8": [("        self.bos = bos\n", "        self.bos = bos\n        self.sizes = (embedding_size, hidden_size)\n")],
        "q10": [("        state = model.encode(source, source_lengths)\n", "        state = model.encode(source, source_lengths)\n        assert state[0].shape[1] == model.sizes[1]\n")],
    },
    "a shift_right with an argument more": {
        "q8": [
            ("def shift_right(targets, bos):", "def shift_right(targets, bos, steps=1):"),
            ("    def encode(self", "    def shifted(self, targets):\n        return shift_right(targets, self.bos, steps=1)\n\n    def encode(self"),
        ],
        "q11": [("    logits = model(source", "    shift_right(targets, model.bos, steps=1)\n    model.shifted(targets)\n    logits = model(source")],
    },
    "a sequence_loss with an argument more": {
        "q9": [("def sequence_loss(logits, targets, pad):", "def sequence_loss(logits, targets, pad, smoothing=0.0):")],
        "q11": [("sequence_loss(logits, targets, pad)", "sequence_loss(logits, targets, pad=pad, smoothing=0.0)")],
    },
    "layers that have a second name": {
        "q7": [
            ("        self.recurrent = recurrent\n", "        self.recurrent = recurrent\n        self.pipeline = nn.Sequential(self.embedding, nn.Dropout(0.0))\n"),
            ("        self.head = nn.Linear(hidden_size, num_classes)\n", "        self.layers = nn.ModuleList([nn.Linear(hidden_size, num_classes)])\n        self.head = self.layers[0]\n"),
        ],
        "q8": [
            ("        self.encoder = LSTM(", "        self.both = nn.ModuleList([LSTM(embedding_size, hidden_size) for _ in range(2)])\n        self.encoder = self.both[0]  # LSTM("),
            ("        self.decoder = LSTM(", "        self.decoder = self.both[1]  # LSTM("),
            ("        self.head = nn.Linear(hidden_size, target_vocab)\n", "        self.head = nn.Linear(hidden_size, target_vocab)\n        self.fc = self.head\n"),
        ],
    },
    "a layer whose name comes after another": {
        "q7": [("        self.embedding = nn.Embedding(vocab_size, embedding_size)\n", "        self.layers = nn.ModuleDict({'in': nn.Embedding(vocab_size, embedding_size)})\n        self.embedding = self.layers['in']\n")],
    },
}  # fmt: skip
