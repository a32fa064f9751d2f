"""Which mistakes of the bank a wrong answer is named after, alone, two at once, and in one of two classes."""

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
from gatelab.testkit.local import LocalBackend
from gatelab.testkit.trace import Recording, Trace

pytestmark = [pytest.mark.one_in(3, at=1), pytest.mark.usefixtures("kit_terms")]

torch.set_num_threads(1)  # thousands of tiny products

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
    # Three gates moved round by one can be described as two exchanges in more than one way.
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
