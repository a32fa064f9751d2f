"""A question that builds on earlier names: graded over the references and over the student's own versions of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank
from gatelab.report.model import Report


def edited(source: str, *edits: tuple[str, str]) -> str:
    """`source` with each old text, which must stand there once, replaced."""
    for old, new in edits:
        assert source.count(old) == 1, old
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
    rows = {q.id: [(p.name, p.message) for p in q.parts if not p.passed] for q in report.questions}
    return {id: found for id, found in rows.items() if found}


# --- what students' own versions have that CONTRACT.md does not ask for: edits of the references, by question -------

FORWARD = """    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
"""
LSTM_INIT = (
    "    def __init__(self, input_size: int, hidden_size: int, forget_bias: float | None = None) -> None:\n"
)
LSTM_CALL = "h, c, _ = lstm_step(  # noqa: F821 (the notebook's)\n"
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
}  # fmt: skip


@pytest.mark.parametrize("what", OWN)
def test_what_an_own_version_has_more_costs_nothing_where_it_is_used(
    engine: Engine, tmp_path: Path, what: str
) -> None:
    assert lost(graded(engine, tmp_path, OWN[what])) == {}


# --- what counts, what is kept for staff, what is said ----------------------------------------------------------------

LENGTHS = OWN["an LSTM that takes lengths"]
NO_FORGET = (
    "                self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0\n",
    "                pass\n",
)
HEAD = (
    "        return self.head(outputs[:, 0]), state\n",
    "        return self.head(outputs[:, 0] * 2), state\n",
)


def test_the_report_keeps_both_gradings_for_staff(engine: Engine, tmp_path: Path) -> None:
    report = graded(engine, tmp_path, LENGTHS)
    own, plain = report.question("q8"), report.question("q7")
    assert own.own == ["GRU", "LSTM", "gru_step", "lstm_step"] and own.points == 16
    assert own.otherwise.own == []
    wrong = {part.name: part for part in own.otherwise.parts if not part.passed}
    assert wrong["encode"].points == 0 and "lengths" in wrong["encode"].message
    assert "unexpected keyword argument" in wrong["encode"].detail
    assert plain.own == [] and plain.otherwise is None  # full over the references: graded once
    assert Report.from_json(report.to_json()) == report


def test_a_grading_over_the_own_versions_is_the_same_every_time(engine: Engine, tmp_path: Path) -> None:
    first, second = (graded(engine, tmp_path, LENGTHS) for _ in range(2))
    said = [[(q.id, q.points, q.own, [(p.name, p.points, p.message) for p in q.parts]) for q in r.questions] for r in (first, second)]  # fmt: skip
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "mistake", ["decoder-state-not-carried", "decoder-state-detached", "last-not-dropped"]
)
def test_a_mistake_over_an_own_version_costs_what_it_costs_over_the_references(
    engine: Engine, bank: Bank, tmp_path: Path, mistake: str
) -> None:
    """And is told by its name, not by what the references lack."""
    edits = next(list(chaff.edits) for chaff in bank.chaffs_of("q8") if chaff.id == mistake)
    over_own = graded(engine, tmp_path, LENGTHS | {"q8": [*LENGTHS["q8"], *edits]}).question("q8")
    plain = graded(engine, tmp_path, {"q8": edits}).question("q8")
    parts = [[(part.name, part.passed, part.message) for part in one.parts] for one in (over_own, plain)]
    assert parts[0] == parts[1] and plain.points < 16
    assert over_own.misconception == plain.misconception == mistake
    assert over_own.own and not plain.own


def test_a_mistake_that_nobody_knows_gets_no_name_over_own_versions(engine: Engine, tmp_path: Path) -> None:
    """Every call fails over the references, as with mistakes of the bank; the numbers over the own versions decide."""
    question = graded(engine, tmp_path, LENGTHS | {"q8": [*LENGTHS["q8"], HEAD]}).question("q8")
    assert question.own and question.misconception is None
    assert not any("unexpected keyword" in part.message for part in question.parts)


def test_an_own_version_that_is_wrong_makes_way_for_the_reference(engine: Engine, tmp_path: Path) -> None:
    """q3 loses its points, and q7, q8, q10 and q11, which only use what the contract says, lose none."""
    report = graded(engine, tmp_path, {"q3": [NO_FORGET]})
    assert set(lost(report)) == {"q3"}
    assert all(question.own == [] for question in report.questions)


def test_what_is_missing_because_the_own_version_is_wrong_is_told(engine: Engine, tmp_path: Path) -> None:
    report = graded(engine, tmp_path, LENGTHS | {"q3": [*LENGTHS["q3"], NO_FORGET]})
    message = dict(lost(report)["q8"])["encode"]
    assert "unexpected keyword argument 'lengths'" in message
    assert (
        "(q3 is not right yet, so the grader's `LSTM` stood in for yours here, with what CONTRACT.md says of "
        "them and nothing more.)" in message
    )


def test_a_layer_that_does_not_follow_its_step_gains_nothing_by_an_own_step(
    engine: Engine, tmp_path: Path
) -> None:
    """Its own equations, or the own step under another name: neither follows the step that is put there."""
    copied = engine.lab.reference("q1").replace("def lstm_step(", "def my_step(")
    call = [("h, c, _ = lstm_step(", "h, c, _ = my_step(")]
    sources = {"q1": engine.lab.reference("q1") + "\n\nmy_step = lstm_step\n", "q3": edited(engine.lab.reference("q3"), *call)}  # fmt: skip
    other = {"q3": copied + edited(engine.lab.reference("q3"), *call)}
    for code in (sources, other):
        report = engine.grade(write_notebook(tmp_path / "lab.ipynb", engine.lab, code), training=False)
        found = {part.name for part in report.question("q3").parts if not part.passed}
        assert found == {"lstm-state", "lstm-gradients", "lstm-calls-your-step"}, report.question("q3").points


def test_a_stub_is_graded_once(engine: Engine, tmp_path: Path) -> None:
    sources = {"q8": "class Seq2Seq(nn.Module):\n    def __init__(self, *sizes):\n        raise NotImplementedError('q8: not written yet')\n"}  # fmt: skip
    report = engine.grade(write_notebook(tmp_path / "lab.ipynb", engine.lab, sources), training=False)
    assert report.question("q8").points < 8 and report.question("q8").otherwise is None
