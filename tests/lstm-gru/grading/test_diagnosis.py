"""What a failing answer says: the first thing that is wrong, in the student's terms."""

from __future__ import annotations

import itertools

import pytest
import torch

from gatelab.grading.alike import equal_answers
from gatelab.grading.examiner import run_suites
from gatelab.grading.identify import identify
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.references import references_before
from gatelab.grading.verdicts import Grading
from gatelab.lab.bank import Bank, compose, only_in_one
from gatelab.lab.spec import Lab
from gatelab.testkit.compare import close, close_grads, same, unchanged
from gatelab.testkit.local import LocalBackend
from gatelab.testkit.trace import Recording, Trace

pytestmark = [pytest.mark.one_in(3, at=1), pytest.mark.usefixtures("kit_terms")]

torch.set_num_threads(1)  # thousands of tiny products

WANT = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4)


def message(got: object, **options: object) -> str:
    with pytest.raises(AssertionError) as error:
        close(got, WANT, "outputs", "N T H", **options)
    return str(error.value)


def test_a_value_that_is_no_tensor_is_named_first() -> None:
    assert message(None) == "outputs should be a tensor, but it is None (is a `return` missing?)."
    assert "it is a list" in message([1, 2])


def test_a_wrong_shape_is_reported_with_the_names_of_the_axes() -> None:
    assert message(WANT.transpose(0, 1)) == (
        "outputs have shape (3, 2, 4); expected (2, 3, 4), that is (N batch, T time, H hidden)."
    )


def test_a_wrong_dtype_is_reported_when_it_matters() -> None:
    assert "torch.float32; expected torch.float64" in message(WANT.float(), dtype=torch.float64)
    close(WANT.float(), WANT, "outputs", "N T H")


def test_nan_is_reported_with_the_first_time_step() -> None:
    got = WANT.clone()
    got[1, 1:] = float("nan")
    assert message(got) == "outputs hold nan from time step t = 1."


def test_what_is_wrong_from_a_step_on_is_reported_without_a_guess_at_the_reason() -> None:
    got = WANT.clone()
    got[:, 1:] += 1
    told = "outputs are right up to time step t = 0 and wrong from t = 1 on; the largest difference is 1 at N = 0, T = 1, H = 0"
    assert message(got).startswith(told) and "carried" not in message(got)
    assert message(got, later=lambda t: f"Found out at {t}.").endswith("(got 5). Found out at 1.")


def test_any_other_difference_is_reported_by_size_and_place_with_one_of_the_students_numbers() -> None:
    got = WANT.clone()
    got[1, 0, 2] += 5
    told = message(got)
    assert "1 of 24 numbers differ" in told and "5 at N = 1, T = 0, H = 2" in told and "got 19" in told
    assert "14" not in told.replace("24", "")  # the expected number itself is not given away


def test_more_time_steps_than_are_listed_are_not_ignored() -> None:
    want = torch.zeros(60, dtype=torch.float64)
    for wrong, told in (
        (range(59), "59 of 60 numbers differ, all at t = 0, 1, 2, 3, …; the largest"),
        ([7, 2, 3, 0], "4 of 60 numbers differ, all at t = 0, 2, 3, 7; the largest"),
    ):
        got = want.clone()
        got[list(wrong)] = 1.0
        with pytest.raises(AssertionError, match=told):
            close(got, want, "the norms", "T")


@pytest.mark.parametrize(
    ("got", "want", "told"),
    [
        (0.52, 0.61, "the loss is 0.52; it should be 0.61."),
        (1.0, 1.0 + 1e-5, "the loss is 1, which is off by 1e-05."),
    ],
)
def test_a_single_number_is_shown_next_to_the_right_one(got: float, want: float, told: str) -> None:
    for shape, axes in (((), ""), ((1,), "N"), ((1, 1), "N T")):
        with pytest.raises(AssertionError) as error:
            close(
                torch.full(shape, got, dtype=torch.float64),
                torch.full(shape, want, dtype=torch.float64),
                "the loss",
                axes,
                rtol=0,
            )
        assert str(error.value) == told


def test_a_cut_graph_is_told_apart_from_a_wrong_gradient() -> None:
    want = {"0": torch.ones(2), "1": torch.ones(2)}
    names = {"0": "x", "1": "h"}
    with pytest.raises(AssertionError, match="no gradient flows back"):
        close_grads({"0": None, "1": None}, want, names)
    with pytest.raises(AssertionError, match="No gradient reaches h"):
        close_grads({"0": torch.ones(2), "1": None}, want, names)
    with pytest.raises(AssertionError, match="the gradient that reaches x has the right shape"):
        close_grads({"0": torch.zeros(2), "1": torch.ones(2)}, want, names)


def test_a_bool_or_a_float_is_not_a_count() -> None:
    for got in (True, 3.0, "3"):
        with pytest.raises(AssertionError, match="whole number"):
            same(got, 3, "the count")
    same(3, 3, "the count")


def test_an_argument_changed_in_place_is_named() -> None:
    before = {"1": torch.zeros(2)}
    with pytest.raises(AssertionError, match="changed its argument h in place"):
        unchanged({"1": torch.ones(2)}, before, {"1": "h"})


GATES = {"q1": "ifgo", "q2": "rzn"}


def answers_of(lab: Lab, question: str, source: str) -> Trace:
    """A trace of a few calls of a gate question on some code."""
    trace = Trace(question, failed={"test"})
    backend = Recording(LocalBackend([*references_before(lab, question), source]), trace, "test", 1)
    rows = {"q1": 4, "q2": 3}[question]
    generator = torch.Generator().manual_seed(0)
    for n, d, h in ((3, 4, 5), (2, 5, 3)):
        shapes = [
            (n, d),
            (n, h),
            *([(n, h)] if question == "q1" else []),
            (rows * h, d),
            (rows * h, h),
            (rows * h,),
            (rows * h,),
        ]
        args = tuple(
            torch.randn(s, generator=generator, dtype=torch.float64).requires_grad_() for s in shapes
        )
        states = 2 if question == "q1" else 1
        states = 2 if question == "q1" else 1
        gates = {k: torch.randn((n, h), generator=generator, dtype=torch.float64) for k in GATES[question]}
        upstream = tuple(torch.randn((n, h), generator=generator, dtype=torch.float64) for _ in range(states))
        name = "lstm_step" if question == "q1" else "gru_step"
        call = {"target": name, "method": None, "kwargs": {}, "parameters": True}
        backend.request({"op": "call", "arguments": call | {"args": args, "upstream": (*upstream, gates)}})
        plain = tuple(arg.detach() for arg in args)  # in-place changes show here, without an error
        backend.request({"op": "call", "arguments": call | {"args": plain, "upstream": None}})
    return trace


def alike(a: Trace, b: Trace) -> bool:
    return all(equal_answers(x.answer, y.answer) for x, y in zip(a.exchanges, b.exchanges, strict=True))


@pytest.mark.parametrize("question", ["q1", "q2"])
@pytest.mark.one_in(2)
def test_two_mistakes_made_at_once_are_both_named(lab: Lab, bank: Bank, question: str) -> None:
    """Every pair of the bank: hardly any other two mistakes give its numbers, and few pairs hide one of the two."""
    chaffs = [c for c in bank.chaffs if c.question == question]
    pairs = [both for a, b in itertools.combinations(chaffs, 2) if (both := compose(a, b)) is not None]
    assert len(pairs) >= 100
    single = {c.id: answers_of(lab, question, c.source) for c in chaffs}
    double = {both.id: answers_of(lab, question, both.source) for both in pairs}
    hidden = {
        name: twins
        for name, trace in double.items()
        if (twins := [i for i, t in single.items() if alike(t, trace)])
    }
    # A gate that is left out hides what is wrong with it: that pair is the single mistake, number by number.
    assert len(hidden) <= len(pairs) // 10, hidden
    shown = [name for name in double if name not in hidden]
    twins = {
        (one, other) for one, other in itertools.combinations(shown, 2) if alike(double[one], double[other])
    }
    # Three gates moved round by one can be told as two exchanges in more than one way.
    assert len(twins) <= len(pairs) // 100, twins
    for name in list(double)[:: len(double) // 6]:
        found = identify(double[name], chaffs, references_before(lab, question), compose=compose)
        others = [one for pair in twins if name in pair for one in pair]
        assert "+".join(chaff.id for chaff in found) in [name, *hidden.get(name, []), *others]


def test_an_unknown_mistake_is_not_given_a_name(lab: Lab, bank: Bank) -> None:
    source = lab.reference("q1").replace("written = i * g", "written = i * g * 1.01")
    assert source != lab.reference("q1")
    chaffs = [c for c in bank.chaffs if c.question == "q1"]
    assert identify(answers_of(lab, "q1", source), chaffs, [], compose=compose) == []


def traced(lab: Lab, source: str, question: str, runs: dict[str, dict], failed: set[str]) -> Trace:
    """A trace of one request for each test."""
    trace = Trace(question, failed=failed)
    local = LocalBackend([*references_before(lab, question), source])
    for test, request in runs.items():
        Recording(local, trace, test, 1).request(request)
    return trace


def test_a_mistake_that_fails_a_test_which_was_passed_is_not_the_name(lab: Lab, bank: Bank) -> None:
    driver = "def main(ns, bias): return ns['LSTM'](2, 3, forget_bias=bias).bias_ih_l0[3:6].tolist()"
    runs = {
        str(bias): {"op": "run", "arguments": {"source": driver, "values": {"bias": bias}}}
        for bias in (1.0, -2.5, 3)
    }
    reference = lab.reference("q3")
    mistake = reference.replace("if forget_bias is not None:", "if isinstance(forget_bias, float):")
    chaffs = [c for c in bank.chaffs_of("q3") if c.id != "forget-bias-only-if-float"]
    trace = traced(lab, mistake, "q3", runs, {"3"})
    assert identify(trace, chaffs, references_before(lab, "q3"), reference) == []
    ignored = traced(
        lab, reference.replace("if forget_bias is not None:", "if False:"), "q3", runs, set(runs)
    )
    found = identify(ignored, chaffs, references_before(lab, "q3"), reference)
    assert [chaff.id for chaff in found] == ["forget-bias-ignored"]


def test_failures_are_the_same_only_with_the_same_words_but_for_own_names() -> None:
    def answer(message: str) -> dict:
        return {"error": {"type": "RuntimeError", "message": message, "line": "", "traceback": ""}}

    request = {"op": "load_state_dict", "arguments": {"state": {"weight_ih_l0": torch.zeros(1)}}}
    lacking = answer('Missing key(s): "W". Unexpected key(s): "weight_ih_l0".')
    assert equal_answers(
        lacking, answer('Missing key(s): "w_x". Unexpected key(s): "weight_ih_l0".'), request
    )
    for other in (
        'Unexpected key(s): "weight_ih_l0".',
        'Missing key(s): "W". Unexpected key(s): "mine".',
        "mat1 and mat2 shapes cannot be multiplied (3x5 and 4x20)",
    ):
        assert not equal_answers(lacking, answer(other), request)
    shapes = "mat1 and mat2 shapes cannot be multiplied ({} and 4x20)"
    assert not equal_answers(answer(shapes.format("3x5")), answer(shapes.format("2x5")), request)


HALVES = [
    "q3/initial-state-dropped",
    "q3/sequence-read-backwards",
    "q3/last-output-only",
    "q3/range-without-the-root",
]


@pytest.mark.parametrize("key", HALVES)
@pytest.mark.one_in(4)
def test_a_mistake_in_one_of_two_classes_alone_has_its_name_too(
    check, lab: Lab, bank: Bank, key: str
) -> None:
    """The bank holds it as made in both."""
    (whole,) = [chaff for chaff in bank.chaffs if chaff.key == key]
    halves = only_in_one(whole)
    assert len(halves) == 2
    for half in halves:
        assert half.source not in (whole.source, whole.reference)
        grading = Grading(lab, 11, LocalWorkers(lab, [half.source]), bank)
        run_suites(lab, grading, ["q3"], training=False)
        question = grading.finished["q3"]
        assert question.recognised == whole.id, [part.student_text for part in question.parts]
        assert question.credit == pytest.approx(whole.credit * question.max_points)


def test_a_mistake_in_one_definition_or_in_whole_code_has_no_halves(bank: Bank) -> None:
    by_key = {chaff.key: chaff for chaff in bank.chaffs}
    assert only_in_one(by_key["q3/forget-bias-ignored"]) == ()
    assert only_in_one(by_key["q3/batch-and-time-mixed"]) == ()


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("q3", ("sequence-read-backwards", 0), ("outputs-time-first", 1)),
        ("q5", ("frozen-counted", 0), ("one-bias-only", 0)),
    ],
)
@pytest.mark.one_in(2)
def test_two_mistakes_in_two_definitions_are_both_named(
    lab: Lab, bank: Bank, question: str, one: tuple[str, int], other: tuple[str, int]
) -> None:
    """Each definition of the question is wrong in its own way."""
    chaffs = {chaff.id: chaff for chaff in bank.chaffs_of(question)}
    a, b = ((only_in_one(chaffs[id]) or (chaffs[id],))[half] for id, half in (one, other))
    both = compose(a, b)
    assert both is not None
    grading = Grading(lab, 11, LocalWorkers(lab, [both.source]), bank)
    run_suites(lab, grading, [question], training=False)
    found = grading.finished[question]
    assert {mistake.id for mistake in found.mistakes} == {a.id, b.id}, [
        part.student_text for part in found.parts
    ]
    assert found.credit == pytest.approx(a.credit * b.credit * found.max_points, abs=0.01)


@pytest.mark.parametrize(
    "ids", [("max-len-ignored", "state-not-carried"), ("filled-with-eos", "stops-one-step-late")]
)
def test_two_mistakes_in_one_function_that_affect_each_other_are_both_named(
    lab: Lab, bank: Bank, ids: tuple[str, str]
) -> None:
    """Where one of them does not show alone, the answer is yet not what the other one gives."""
    a, b = ({chaff.id: chaff for chaff in bank.chaffs_of("q10")}[id] for id in ids)
    both = compose(a, b)
    assert both is not None
    grading = Grading(lab, 11, LocalWorkers(lab, [both.source]), bank)
    run_suites(lab, grading, ["q10"], training=False)
    assert grading.finished["q10"].recognised == f"{a.id}+{b.id}"


OWN_DRAWS = [
    ("return torch.stack(steps, dim=1)", "torch.rand(5)\n        return torch.stack(steps, dim=1)"),
]
OWN_SHIFT = [
    ("inputs = shift_right(targets, self.bos)", "inputs = torch.cat([torch.full_like(targets[:, :1], self.bos), targets[:, :-1]], 1)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("id", "own"),
    [("softmax-in-step", OWN_DRAWS), ("sorted-and-not-restored", OWN_DRAWS), ("shifted-left", OWN_SHIFT)],
)
def test_a_mistake_is_named_whatever_the_other_code_of_the_question_looks_like(
    lab: Lab, bank: Bank, id: str, own: list[tuple[str, str]]
) -> None:
    """One more random number drawn where some belong to the answer; a right function that does not use the wrong one."""
    (chaff,) = [chaff for chaff in bank.chaffs_of("q8") if chaff.id == id]
    source = chaff.source
    for old, new in own:
        assert source.count(old) == 1
        source = source.replace(old, new)
    grading = Grading(lab, 11, LocalWorkers(lab, [source]), bank)
    run_suites(lab, grading, ["q8"], training=False)
    found = grading.finished["q8"]
    assert found.recognised == id, [part.student_text for part in found.parts]
    assert found.credit == pytest.approx(chaff.credit * found.max_points)
