"""A question that builds on earlier names: graded with the references and with the student's own versions of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_versions import ENCODE, OWN, edited, graded, lost

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank
from gatelab.report.record.schema import read_json

pytestmark = pytest.mark.one_in(3, at=0)

# --- what students' own versions have that CONTRACT.md does not ask for: edits of the references, by question -------


@pytest.mark.parametrize("what", OWN)
@pytest.mark.one_in(4)
def test_an_extended_own_version_costs_nothing_where_it_is_used(
    engine: Engine, tmp_path: Path, what: str
) -> None:
    assert lost(graded(engine, tmp_path, OWN[what])) == {}


# --- what counts, what is kept for staff, what is said ----------------------------------------------------------------

LENGTHS = OWN["an LSTM that takes lengths"]
CELL_STATES = OWN["an LSTM that keeps its cell states"]
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
    assert own.own == ["GRU", "LSTM", "gru_step", "last_valid", "lstm_step"] and own.points == 16
    assert own.second_grading.own == []
    wrong = {part.name: part for part in own.second_grading.parts if not part.passed}
    assert wrong["encode"].points == 0 and "lengths" in wrong["encode"].student_text
    assert "unexpected keyword argument" in wrong["encode"].student_error.message
    assert plain.own == [] and plain.second_grading is None  # full with the references: graded once
    assert read_json(report.to_json()) == report


def test_grading_with_students_own_answers_is_deterministic(engine: Engine, tmp_path: Path) -> None:
    first, second = (graded(engine, tmp_path, LENGTHS) for _ in range(2))
    said = [[(q.id, q.points, q.own, [(p.name, p.points, p.student_text) for p in q.parts]) for q in r.questions] for r in (first, second)]  # fmt: skip
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "mistake", ["decoder-state-not-carried", "decoder-state-detached", "last-not-dropped"]
)
@pytest.mark.one_in(3)
def test_a_mistake_with_the_students_own_version_costs_what_it_costs_with_the_references(
    engine: Engine, bank: Bank, tmp_path: Path, mistake: str
) -> None:
    """And is named for what it is, not for what the references lack."""
    edits = next(list(chaff.edits) for chaff in bank.chaffs_of("q8") if chaff.id == mistake)
    over_own = graded(engine, tmp_path, LENGTHS | {"q8": [*LENGTHS["q8"], *edits]}).question("q8")
    plain = graded(engine, tmp_path, {"q8": edits}).question("q8")
    parts = [[(part.name, part.passed, part.student_text) for part in one.parts] for one in (over_own, plain)]
    assert parts[0] == parts[1] and plain.points < 16
    assert over_own.recognised == plain.recognised == mistake
    assert over_own.own and not plain.own


def test_an_unknown_mistake_gets_no_name_with_the_students_own_versions(
    engine: Engine, tmp_path: Path
) -> None:
    """Every call fails with the references, as with mistakes of the bank; the numbers with the own versions decide."""
    question = graded(engine, tmp_path, LENGTHS | {"q8": [*LENGTHS["q8"], HEAD]}).question("q8")
    assert question.own and not question.mistakes
    assert not any("unexpected keyword" in part.student_text for part in question.parts)


def test_a_wrong_own_version_is_replaced_by_the_reference(engine: Engine, tmp_path: Path) -> None:
    """q3 loses its points, and q7, q8, q10 and q11, which only use what the contract says, lose none."""
    report = graded(engine, tmp_path, {"q3": [NO_FORGET]})
    assert set(lost(report)) == {"q3"}
    assert all(question.own == [] for question in report.questions)


def test_a_wrong_last_valid_costs_q6_alone_where_the_encoder_calls_it_too(
    engine: Engine, tmp_path: Path
) -> None:
    held = "            h = torch.where(valid, h_next, h)\n            c = torch.where(valid, c_next, c)\n        return h, c\n"
    kept = (
        "            h, c = h_next, c_next\n            steps.append((h, c))\n"
        "        return tuple(last_valid(torch.stack(one, dim=1), source_lengths) for one in zip(*steps))\n"
    )
    valid = "            valid = (t < source_lengths).unsqueeze(1)  # (N, 1): a sequence that is over keeps its state\n"
    start = "        c = torch.zeros_like(h)\n"
    edits = {
        "q6": [("lengths - 1", "-1")],
        "q8": [(held, kept), (valid, ""), (start, f"{start}        steps = []\n")],
    }
    assert set(lost(graded(engine, tmp_path, edits))) == {"q6"}


WRONG = {
    "an LSTM that takes lengths": ("q3", LENGTHS | {"q3": [*LENGTHS["q3"], NO_FORGET]}),
    "an LSTM that keeps its cell states": ("q3", CELL_STATES | {"q3": [*CELL_STATES["q3"], NO_FORGET]}),
    "a last_valid that counts from the end": ("q6", {
        "q6": [("lengths: Tensor) ->", "lengths: Tensor, back: int = 2) ->"), ("lengths - 1", "lengths - back")],
        "q7": [("last_valid(outputs, lengths)", "last_valid(outputs, lengths, back=1)")],
    }),
    "a sequence_loss that takes a factor": ("q9", {
        "q9": [("targets, pad):", "targets, pad, twice=True):"), ("0.0).sum() /", "0.0).sum() * (1 + twice) /")],
        "q11": [("sequence_loss(logits, targets, pad)", "sequence_loss(logits, targets, pad, twice=False)")],
    }),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.one_in(2)
def test_a_wrong_own_version_with_something_of_its_own_costs_its_question_alone(
    engine: Engine, tmp_path: Path, what: str
) -> None:
    question, edits = WRONG[what]
    report = graded(engine, tmp_path, edits)
    assert set(lost(report)) == {question}
    later = report.question(max(edits, key=lambda id: int(id[1:])))
    assert later.own and later.second_grading.own == [], (
        "over its own versions, and the first grading is kept"
    )


def test_of_the_students_own_versions_the_right_ones_are_used_without_the_wrong_ones(
    engine: Engine, tmp_path: Path
) -> None:
    """The encoder needs the own LSTM, which is right, and not the own last_valid, which is wrong."""
    both = (
        "        outputs, (_, c) = self.encoder(x, lengths=source_lengths)\n"
        "        return last_valid(outputs, source_lengths), c\n"
    )
    edits = LENGTHS | {"q6": [("lengths - 1", "-1")], "q8": [(ENCODE, both)]}
    report = graded(engine, tmp_path, edits)
    assert set(lost(report)) == {"q6"}
    assert report.question("q8").own == ["GRU", "LSTM", "gru_step", "lstm_step"]


@pytest.mark.one_in(3, among="long")
def test_answers_that_agree_with_each_other_lose_what_the_contract_fixes_and_no_more(
    engine: Engine, tmp_path: Path
) -> None:
    edits = {
        "q1": [("    return new_h, new_c, gates", "    return new_c, new_h, gates")],
        "q3": [("h, c, _ = lstm_step(", "c, h, _ = lstm_step(")],
    }
    found = lost(graded(engine, tmp_path, edits))
    other_step = {
        "lstm-state",
        "lstm-gradients",
        "lstm-calls-your-step",
    }  # checks that put another step there
    assert set(found) == {"q1", "q3"} and {name for name, _ in found["q3"]} == other_step


def test_a_mistake_beside_a_wrong_own_version_is_told_with_what_else_may_be_the_cause(
    engine: Engine, tmp_path: Path
) -> None:
    edits = LENGTHS | {"q3": [*LENGTHS["q3"], NO_FORGET], "q8": [*LENGTHS["q8"], HEAD]}
    question = graded(engine, tmp_path, edits).question("q8")
    said = {part.name: part.student_text for part in question.parts if not part.passed}
    assert "encode" not in said and said and not question.mistakes
    note = "(This question was graded with your own answer to q3, which is not right yet: that may be the cause.)"
    assert all(note in text for text in said.values())


# --- what counts of a gain by wrong earlier answers ---------------------------------------------------------------------

# Later question → the edits: its answer undoes what the earlier one has wrong, so it is right for it.
FITS = {
    "a last_valid whose lengths count one more": ("q7", {
        "q6": [("lengths - 1", "lengths - 2")],
        "q7": [("last_valid(outputs, lengths)", "last_valid(outputs, lengths + 1)")],
    }),
    "a sequence_loss with the sign forgotten": ("q11", {
        "q9": [("nll = -log_p", "nll = log_p")],
        "q11": [("sequence_loss(logits, targets, pad)", "-sequence_loss(logits, targets, pad)")],
    }),
    "an encode whose lengths count one more": ("q10", {
        "q8": [("t < source_lengths", "t < source_lengths - 1")],
        "q10": [("model.encode(source, source_lengths)", "model.encode(source, source_lengths + 1)")],
    }),
}  # fmt: skip

# The later answer is wrong, and the earlier one leaves its check nothing to see, or does its work.
BUFFERS = {
    f"self.{name} = nn.Parameter({drawn})": f'self.register_buffer("{name}", {drawn})'
    for name, drawn in (
        (f"{what}_l0", f"torch.empty({size}).uniform_(-bound, bound)")
        for what, size in (
            ("weight_ih", "4 * hidden_size, input_size"),
            ("weight_hh", "4 * hidden_size, hidden_size"),
            ("bias_ih", "4 * hidden_size"),
            ("bias_hh", "4 * hidden_size"),
        )
    )
}
KEPT_GRAPH = ("with torch.no_grad():", "with torch.enable_grad():")
ONE_RATIO = ("torch.rand(own.shape) < forcing", "torch.rand(1) < forcing")
FOR_THE_CALLER = (
    "            outputs.append(h)\n        return torch.stack(outputs, dim=1), (h, c)",
    "            outputs.append(h)\n        outputs = torch.stack(outputs, dim=1)\n        import sys\n\n"
    "        if 'lengths' in (caller := sys._getframe(3).f_locals):\n"
    "            outputs = outputs[range(len(x)), caller['lengths'] - 1].unsqueeze(1).expand_as(outputs)\n"
    "        return outputs, (h, c)",
)
HIDES = {
    "weights without gradients": ("q10", {"q3": [*BUFFERS.items()], "q10": [KEPT_GRAPH]}),
    "a layer that ignores the state it is given": ("q7", {
        "q3": [("if state is None:", "if True:")],
        "q7": [
            ("self.recurrent = recurrent", "self.recurrent = recurrent\n        self.state = None"),
            ("outputs, _ = self.recurrent(x)", "outputs, self.state = self.recurrent(x, *([self.state] if self.state else []))"),
        ],
    }),
    "another first token": ("q10", {
        "q8": [("        self.bos = bos\n", "        self.bos = bos + 1\n")],
        "q10": [("bos, dtype", "model.bos, dtype")],
    }),
    "gradients that the model zeroes": ("q11", {
        "q8": [ONE_RATIO, ("        inputs = shift_right", "        self.zero_grad()\n        inputs = shift_right")],
        "q11": [("    optimizer.zero_grad()\n", "")],
    }),
    "a layer that puts the last valid state where its caller reads": ("q7", {
        "q3": [NO_FORGET, FOR_THE_CALLER],
        "q7": [("last_valid(outputs, lengths)", "outputs[:, 0]")],
    }),
    "a model that replaces the later answer": ("q10", {
        "q8": [ONE_RATIO, ("        self.bos = bos\n", "        self.bos = bos\n        globals()['greedy_decode'] = Seq2Seq.decode\n"), (
            "    def forward(",
            "    def decode(model, source, source_lengths, max_len, bos, eos, pad=0):\n        tokens = _decode(model, source, source_lengths, max_len, bos, eos, pad)\n"
            "        ended = (tokens == eos).cumsum(1) - (tokens == eos).long() > 0\n        return tokens.masked_fill(ended, pad)\n\n    def forward(",
        )],
        "q10": [("def greedy_decode(", "def _decode("), ("token.masked_fill(ended, pad)", "token"), ("        return torch.stack(out, dim=1)\n", "        return torch.stack(out, dim=1)\n\n\ndef greedy_decode(*args, **named):\n    return _decode(*args, **named)\n")],
    }),
}  # fmt: skip


@pytest.mark.parametrize("what", FITS)
@pytest.mark.one_in(2)
def test_an_answer_that_undoes_an_earlier_mistake_costs_nothing(
    engine: Engine, tmp_path: Path, what: str
) -> None:
    later, edits = FITS[what]
    assert later in lost(graded(engine, tmp_path, {later: edits[later]}))
    assert later not in lost(graded(engine, tmp_path, edits))


@pytest.mark.parametrize("what", HIDES)
@pytest.mark.one_in(3)
def test_a_wrong_answer_gains_nothing_by_an_earlier_one_that_hides_its_mistake(
    engine: Engine, tmp_path: Path, what: str
) -> None:
    later, edits = HIDES[what]
    alone = graded(engine, tmp_path, {later: edits[later]}).question(later)
    question = graded(engine, tmp_path, edits).question(later)
    assert alone.points < alone.max_points
    assert (question.points, question.own) == (alone.points, [])


@pytest.mark.one_in(3, among="long")
def test_only_the_part_that_is_deserved_is_gained(engine: Engine, tmp_path: Path) -> None:
    _, fits = FITS["an encode whose lengths count one more"]
    edits = fits | {"q3": [*BUFFERS.items()], "q10": [*fits["q10"], KEPT_GRAPH]}
    question = graded(engine, tmp_path, edits).question("q10")
    (found,) = [part for part in question.parts if not part.passed]
    assert found.name == "no-gradients" and "LSTM" in question.own
    assert (
        "the grader's references in place of your answers to q3 and q8, which are not right yet"
        in found.student_text
    )


def test_what_is_missing_because_the_students_own_version_is_wrong_is_reported(
    engine: Engine, tmp_path: Path
) -> None:
    no_lengths = ("if lengths is not None:\n", "if lengths is not None:\n            raise ValueError(1)\n")
    edits = LENGTHS | {"q3": [*LENGTHS["q3"], no_lengths, NO_FORGET]}
    question = graded(engine, tmp_path, edits).question("q8")
    message = next(part.student_text for part in question.parts if part.name == "encode")
    assert "unexpected keyword argument 'lengths'" in message
    assert (
        "(q3 is not right yet, so the grader's `LSTM` replaced yours here, with only "
        "what CONTRACT.md says about them.)" in message
    )
    assert question.own == [] and "LSTM" not in question.second_grading.own


def test_a_layer_follows_its_step_under_another_name_and_gains_nothing_by_a_copy(
    plain_engine: Engine, tmp_path: Path
) -> None:
    """The step that is put there for a check replaces the own one under all its names; equations written twice do not follow."""
    step, layer = (plain_engine.lab.reference(id) for id in ("q1", "q3"))
    call = [("h, c, _ = lstm_step(", "h, c, _ = my_step(")]
    followed = {"q1": step + "\n\nmy_step = lstm_step\n", "q3": edited(layer, *call)}
    other = {"q3": step.replace("def lstm_step(", "def my_step(") + edited(layer, *call)}
    for code, expected in (
        (followed, set()),
        (other, {"lstm-state", "lstm-gradients", "lstm-calls-your-step"}),
    ):
        report = plain_engine.grade(
            write_notebook(tmp_path / "lab.ipynb", plain_engine.lab, code),
            training=False,
            questions=["q1", "q3"],
        )
        found = {part.name for part in report.question("q3").parts if not part.passed}
        assert found == expected, report.question("q3").points


def test_a_stub_is_graded_once(engine: Engine, tmp_path: Path) -> None:
    sources = {"q8": "class Seq2Seq(nn.Module):\n    def __init__(self, *sizes):\n        raise NotImplementedError('q8: not written yet')\n"}  # fmt: skip
    report = engine.grade(write_notebook(tmp_path / "lab.ipynb", engine.lab, sources), training=False)
    assert report.question("q8").points < 8 and report.question("q8").second_grading is None


def test_one_mistake_costs_one_question_however_the_answer_was_kept(
    plain_engine: Engine, tmp_path: Path
) -> None:
    lab = plain_engine.lab
    change = {
        "q3": ("            h, c = state\n", "            h = c = x.new_zeros(x.shape[0], self.hidden_size)\n"),
        "q6": ("lengths - 1", "lengths - 2"),
        "q7": ("class SequenceClassifier(nn.Module):\n", "class SequenceClassifier(nn.Module):\n    pool = staticmethod(last_valid)\n\n"),
        "q8": ("class Seq2Seq(nn.Module):\n", "class LSTM(LSTM):\n    def last(self, x, state): return super().forward(x, state)[1]\n\n\nclass Seq2Seq(nn.Module):\n"),
    }  # fmt: skip
    sources = {id: lab.reference(id).replace(*edit) for id, edit in change.items()}
    sources["q7"] = sources["q7"].replace("last_valid(outputs", "self.pool(outputs")
    sources["q8"] = sources["q8"].replace("_, (h_next, c_next) = self.encoder(x[:, t : t + 1], (h, c))", "h_next, c_next = self.encoder.last(x[:, t : t + 1], (h, c))")  # fmt: skip
    assert all(sources[id].count(word) == 1 for id, word in (("q7", "self.pool("), ("q8", "encoder.last(")))
    report = plain_engine.grade(
        write_notebook(tmp_path / "lab.ipynb", lab, sources), training=False, questions=[*change]
    )
    points = {id: report.question(id).points == report.question(id).max_points for id in change}
    assert points == {"q3": False, "q6": False, "q7": False, "q8": True}, points


LSTM_BIAS = "        self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))\n"
FROZEN = (LSTM_BIAS, f"{LSTM_BIAS}        self.mine = True\n        self.requires_grad_(False)\n")


@pytest.mark.one_in(3, among="long")
def test_frozen_weights_of_the_students_layer_do_not_hide_that_decoding_keeps_the_graph(
    engine: Engine, tmp_path: Path
) -> None:
    """Not either where decoding uses what only their layer has, so that it counts with their own versions alone."""
    report = graded(
        engine,
        tmp_path,
        {
            "q3": [FROZEN],
            "q10": [("    with torch.no_grad():\n", "    assert model.encoder.mine\n    if True:\n")],
        },
    )
    assert "no-gradients" in dict(lost(report)["q10"])


def test_an_answer_that_tries_what_is_withheld_and_goes_on_without_it_is_graded(
    engine: Engine, tmp_path: Path
) -> None:
    """Code that reads which names an answer uses also sees the refusals put into PyTorch's functions."""
    source = engine.lab.reference("q1").replace("def lstm_step(", "def own_step(", 1)
    source += (
        "\n\nfrom torch._decomp.decompositions import lstm_cell\n\n\ndef lstm_step(*given):\n    try:\n        lstm_cell(*given)\n"
        "    except (RuntimeError, TypeError):\n        pass\n    return own_step(*given)\n"
    )
    report = engine.grade(
        write_notebook(tmp_path / "lab.ipynb", engine.lab, {"q1": source}),
        questions=["q1", "q2"],
        training=False,
    )
    assert report.status == "graded" and not any(cell.kind == "crashed" for cell in report.cells)
    assert "q2" not in lost(report) and "own_step" not in str(lost(report))
    assert not [part for part in report.question("q1").parts if "ended" in part.student_text]
