"""A call must change nothing outside: a violation is found in every question, by the grader and by the public checks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from public_checks import CODE, first_message, names_with

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.handed_out.checking.leftovers import SAID
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Question
from helpers.in_process import graded_here

pytestmark = pytest.mark.one_in(3, at=0)

# What is done at the end of every call of a question's names, and the kind that it is reported as.
LEAVES = {
    "grad-mode": "torch.set_grad_enabled(not torch.is_grad_enabled())",
    "default-dtype": "torch.set_default_dtype(torch.float16)",
    "seed": "torch.manual_seed(7)",
}
# Others, tried in a few questions.
MORE = {
    "autocast": "torch.set_autocast_enabled('cpu', True)",
    "inference-mode": "torch.__dict__.setdefault('_modes', []).append(torch.inference_mode()); torch._modes[-1].__enter__()",
    "anomaly-mode": "torch.autograd.set_detect_anomaly(True)",
    "hooks": "torch.nn.modules.module.register_module_forward_hook(lambda *_: None)",
}
TRIED = [(kind, question) for kind in LEAVES for question in CODE] + [
    (kind, question) for kind in MORE for question in ("q1", "q9")
]
# What may be left behind: no answer to another call depends on it.
HARMLESS = (
    "__import__('random').seed(1); __import__('numpy').random.seed(1); __import__('warnings').simplefilter('ignore'); "
    "torch.use_deterministic_algorithms(True); torch.set_printoptions(precision=3); torch.set_num_threads(1); "
    "torch.set_float32_matmul_precision('high')"
)
# The same for what a module among the arguments (or the one called) may be left in, and where there is one.
MODULES = {
    "training-mode": "module.eval()",
    "requires-grad": "next(module.parameters()).requires_grad_(False)",
    "grad": "p = next(module.parameters()); p.grad = torch.ones_like(p)",
    "weights": "next(module.parameters()).data.add_(1e-3)",
    "hooks": "module.register_forward_hook(lambda *_: None)",
    "exchanged": "n, p = next(module.named_parameters()); o, _, n = n.rpartition('.'); "
    "setattr(module.get_submodule(o), n, torch.nn.Parameter(p.detach().clone()))",
}
WITH_MODULES = ("q4", "q10", "q7", "q8")

WRAP = """
import functools, torch

def _leaves(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            for module in [a for a in args if isinstance(a, torch.nn.Module)][:1]:
                {module}
            {plain}
    return call

for _name in {names}:
    _own = globals()[_name]
    if isinstance(_own, type):
        _own.forward = _leaves(_own.forward)
    else:
        globals()[_name] = _leaves(_own)
"""


def leaving(lab: Lab, question: str, plain: str = "pass", module: str = "pass") -> str:
    """The reference of a question, edited so that each call leaves something changed."""
    names = lab.questions[question].names
    return lab.reference(question) + WRAP.format(names=names, plain=plain, module=module)


def check_charged(question: Question, kind: str) -> None:
    lost = [part for part in question.parts if not part.passed]
    assert any(SAID[kind] in part.student_text for part in lost), [part.student_text for part in lost]


@pytest.mark.parametrize(("kind", "question"), TRIED)
@pytest.mark.one_in(3)
def test_a_switch_of_torch_left_changed_costs_a_part_of_every_question(lab: Lab, question: str, kind: str):
    result = graded_here(lab, question, leaving(lab, question, (LEAVES | MORE)[kind]))
    check_charged(result, kind)
    smallest = min(part.max_points for part in result.parts)
    assert result.points < sum(part.max_points for part in result.parts)
    # A seed set anew shows in drawn tokens, too, and what shift_right leaves has consequences in q8's forward.
    if kind != "seed" and (question, kind) != ("q8", "grad-mode"):
        assert result.points == sum(part.max_points for part in result.parts) - smallest


@pytest.mark.parametrize("question", WITH_MODULES)
@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.one_in(3)
def test_a_model_left_changed_costs_a_part(lab: Lab, question: str, kind: str) -> None:
    result = graded_here(lab, question, leaving(lab, question, module=MODULES[kind]))
    lost = [part for part in result.parts if not part.passed]
    assert lost, kind
    # Where the suite looks for it itself, it says it in its own words; a changed weight gives wrong numbers.
    if kind in ("training-mode", "hooks", "exchanged"):
        check_charged(result, kind)


# By question: a line of its reference, and what is put before it, which changes an argument in place and with it the numbers.
IN_PLACE = {
    "q1": ("    kept = f * c", "c.data.mul_(0.5)"),
    "q2": ("    kept = z * h", "h.data.mul_(0.5)"),
    "q3": ("        outputs = []", "h.data.mul_(0.5)"),
    "q4": ("    gain = torch.ones_like", "forget_gates.data.mul_(0.5)"),
    "q6": ("    rows = torch.arange", "lengths.clamp_(max=1)"),
    "q7": ("        summary = ", "lengths.clamp_(max=1)"),
    "q8": ("    first = torch.full_like", "targets.clamp_(max=1)"),
    "q9": ("    index = targets", "targets.clamp_(max=1)"),
}


@pytest.mark.parametrize("question", IN_PLACE)
@pytest.mark.one_in(2)
def test_a_change_in_place_is_reported_if_the_numbers_are_wrong_too(lab: Lab, question: str) -> None:
    line, change = IN_PLACE[question]
    source = lab.reference(question)
    assert line in source
    indent = line[: len(line) - len(line.lstrip())]
    result = graded_here(lab, question, source.replace(line, f"{indent}{change}\n{line}"))
    texts = [part.student_text for part in result.parts if not part.passed]
    first = next(text for text in texts if "in place" in text)
    assert first.startswith("After a call of `") and "changed in place. Make a new tensor instead. " in first
    assert sum("in place" in text for text in texts) <= 2, texts


@pytest.fixture
def as_before() -> Iterator[None]:
    """HARMLESS changes settings of the whole process, which other tests must not see."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    with warnings.catch_warnings():
        yield
    torch.use_deterministic_algorithms(False)
    torch.set_printoptions(profile="default")
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("question", CODE)
def test_a_change_that_affects_no_other_answer_costs_nothing(check, lab: Lab, question: str) -> None:
    source = leaving(lab, question, HARMLESS, "module.made_in_forward = torch.nn.Dropout(0.0)")
    lost = [
        part
        for part in graded_here(lab, question, source).parts
        if not part.passed and part.name != "accuracy"
    ]
    assert not lost, [part.student_text for part in lost]
    result = check(question, names_with(lab, source))
    assert all(case.passed for case in result.test_case_results), repr(result)


def test_training_changes_weights_and_nothing_else(lab: Lab) -> None:
    assert all(
        part.passed for part in graded_here(lab, "q11", lab.reference("q11")).parts if part.name != "accuracy"
    )
    result = graded_here(lab, "q11", leaving(lab, "q11", module="module.eval()"))
    check_charged(result, "training-mode")


@pytest.mark.parametrize(("kind", "question"), TRIED)
@pytest.mark.one_in(3)
def test_a_public_check_reports_and_restores_it(check, lab: Lab, question: str, kind: str) -> None:
    before = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device()
    result = check(question, names_with(lab, leaving(lab, question, (LEAVES | MORE)[kind])))
    assert not all(case.passed for case in result.test_case_results)
    assert "afterwards " in first_message(result) or "known mistake" in first_message(result), first_message(
        result
    )
    assert (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_default_device()) == before


@pytest.mark.parametrize("question", ("q4", "q7", "q8", "q11"))
def test_a_public_check_reports_a_model_left_in_another_mode(check, lab: Lab, question: str) -> None:
    result = check(question, names_with(lab, leaving(lab, question, module="module.eval()")))
    assert "mode has changed" in repr(result)


def test_gradients_switched_off_by_a_cell_do_not_fail_the_checks_of_right_work(check, lab: Lab) -> None:
    names = names_with(lab, "")
    torch.set_grad_enabled(False)
    try:
        for question in ("q1", "q9", "q11"):
            assert all(case.passed for case in check(question, names).test_case_results), question
        assert not torch.is_grad_enabled()  # it is the notebook's own
    finally:
        torch.set_grad_enabled(True)


def test_a_confined_submission_is_charged_the_same(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    source = leaving(lab, "q10", LEAVES["grad-mode"])
    report = engine.grade(
        write_notebook(tmp_path / "lab.ipynb", lab, {"q10": source}), questions=["q10", "q11"], training=False
    )
    check_charged(report.question("q10"), "grad-mode")
    assert report.question("q10").points == 7
    assert report.question("q11").points == 3  # nothing of it reaches the next question
