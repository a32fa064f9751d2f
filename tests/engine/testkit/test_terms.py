"""A lab defines what its axes are called, and hidden suites and public checks use these words and no others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from gatelab.build.checks import keep_up
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.handed_out.checking.likeness import COMPARED, likeness
from gatelab.handed_out.checking.tensors import difference
from gatelab.handed_out.checking.terms import FILE, TERMS, Axis, Terms
from gatelab.lab.spec import Lab
from helpers.tiny_lab import RIGHT, tiny_lab

WANT = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
# A right answer, in another order or another form.
REVERSED = f"{RIGHT['q1']}\n_right = softmax\ndef softmax(logits):\n    return _right(logits).flip(0)\n"
TRANSPOSED = REVERSED.replace(".flip(0)", ".T")
OF_THE_LAB = "N batch, K classes"


@pytest.fixture
def stocks() -> Iterator[None]:
    """The axes of a lab about stocks, the prices of whose days follow one on the other."""
    before = TERMS.set(
        Terms({"M": Axis("market", "markets"), "D": Axis("days", "days", "day"), "F": Axis("features")})
    )
    yield
    TERMS.reset(before)


def described(got: torch.Tensor, axes: str = "M D F", public: bool = False) -> str:
    return difference(got, WANT, "the prices", axes.split(), public=public)


@pytest.mark.usefixtures("stocks")
def test_messages_about_an_axis_with_steps_use_the_labs_words() -> None:
    late = torch.cat([torch.zeros_like(WANT[:, :1]), WANT[:, :-1]], dim=1)
    assert "They are one step late: what is at D = d is right for d - 1." in described(late)
    later = WANT.clone()
    later[:, 2:] += 1
    assert "right up to day d = 1 and wrong from d = 2 on" in described(later)
    later[:, 3:] = torch.nan
    assert "nan from day d = 3." in described(later)
    some = WANT.clone()
    some[:, [0, 3]] += torch.rand_like(some[:, [0, 3]])
    assert "numbers differ, all at d = 0, 3;" in described(some)
    assert "There is only one step." in described(WANT[:, :1], public=True)


@pytest.mark.usefixtures("stocks")
def test_shapes_and_places_have_the_labs_names_for_them() -> None:
    assert "that is (M market, D days, F features)" in described(WANT[:2])
    assert "the right markets in reversed order" in described(WANT.flip(0))
    assert "Only the markets M = 1 are wrong" in described(
        torch.cat([WANT[:1], torch.rand_like(WANT[1:2]), WANT[2:]])
    )
    # An axis without a word for its places.
    assert "features" not in likeness(WANT.flip(2), WANT, ["M", "D", "F"])


@pytest.mark.usefixtures("stocks")
def test_an_axis_that_the_lab_does_not_name_is_called_by_its_letter() -> None:
    assert "that is (N, C, H)" in described(WANT[:2], "N C H")
    assert "They are the right slices along N in reversed order." in described(WANT.flip(0), "N C H")
    assert "All slices along C have the numbers that are right for C = 1." in described(
        WANT[:, [1, 1, 1, 1, 1]], "N C H"
    )
    one = torch.cat([WANT[:1], torch.rand_like(WANT[1:2]), WANT[2:]])
    assert "Only the slices N = 1 are wrong; the others are right." in described(one, "N C H")
    late = torch.cat([torch.zeros_like(WANT[:, :1]), WANT[:, :-1]], dim=1)
    assert "step" not in described(late, "N T H") and "step" not in described(
        WANT[:, :1], "N T H", public=True
    )


def test_slices_that_are_too_many_to_compare_are_not_compared() -> None:
    size = int(COMPARED**0.5) + 1
    want = torch.rand(size, 1, dtype=torch.float64)
    assert "order" not in likeness(want.flip(0), want, ["N", "K"])


@pytest.fixture
def tiny(tmp_path: Path) -> Lab:
    return tiny_lab(tmp_path)


def hidden(lab: Lab, source: str) -> str:
    """What the hidden suite of q1 says to code."""
    grading = Grading(lab, 0, LocalWorkers(lab, [source]), None)
    run_suites(lab, grading, ["q1"])
    return " ".join(part.message for question in grading.questions() for part in question.parts)


def public(lab: Lab, source: str) -> str:
    """What the public check of q1 says to code."""
    keep_up(lab)
    code = f"import otter\n{source}\nprint(otter.Notebook(tests_dir='tests').check('q1'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=lab.assignment, capture_output=True, text=True, timeout=120
    )
    assert not done.returncode, done.stderr
    return done.stdout


def without_a_word_for(lab: Lab, axis: str) -> Lab:
    path = lab.hidden / "policy.toml"
    lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(f"{axis} =")
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return Lab.in_repository(lab.assignment.parents[1])


def test_a_suite_and_a_public_check_of_another_lab_speak_in_its_words(tiny: Lab) -> None:
    before = TERMS.get()
    assert "the right rows in reversed order" in hidden(tiny, REVERSED)
    for said in (hidden(tiny, TRANSPOSED), public(tiny, TRANSPOSED)):
        assert OF_THE_LAB in said and "sequence" not in said
    assert TERMS.get() is before  # the words of one grading do not stay for the next


def test_neither_invents_a_word_for_an_axis_that_the_lab_does_not_name(tiny: Lab) -> None:
    other = without_a_word_for(tiny, "K")
    for said in (hidden(other, TRANSPOSED), public(other, TRANSPOSED)):
        assert "(N batch, K)" in said and "classes" not in said


def test_a_lab_without_axes_uses_only_letters(tiny: Lab) -> None:
    (tiny.hidden / "policy.toml").unlink()
    other = Lab.in_repository(tiny.assignment.parents[1])
    keep_up(other)
    assert Terms.read(other.package / "checking" / FILE) == Terms()
    assert "that is (N, K)" in hidden(other, TRANSPOSED)


def test_what_the_build_writes_is_what_the_policy_says(tiny: Lab) -> None:
    keep_up(tiny)
    assert Terms.read(tiny.package / "checking" / FILE) == tiny.policy.terms != Terms()
