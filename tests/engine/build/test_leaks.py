"""A line of a solution may be nowhere in what students get: not in another cell, a text, a docstring, under other names.

The accepted snapshot would show each of these to a person; here the build finds them by itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.build import BuildError, pipeline
from gatelab.build.release import make_release
from gatelab.lab.spec import Lab
from helpers import build_kit

MIX = "likely = (1 - s) * right + s * even"
DOC = '"""The mean loss of a batch, a part s of it that of all classes."""'


def more(cell: str) -> str:
    return f"{build_kit.MASTER}\n{cell}\n"


def edited(old: str, new: str) -> str:
    assert build_kit.MASTER.count(old) == 1
    return build_kit.MASTER.replace(old, new)


SHOWN = {
    "in a cell of its own": more("# %%\nshifted = logits - logits.max(dim=1, keepdim=True).values"),
    "without operators of its own line": more(
        "# %%\nright, even = logs[torch.arange(len(labels)), labels], logs.mean(dim=1)"
    ),
    "in an experiment": more(
        f'# %% tags=["experiment"]\ndef demo(s, right, even):\n    {MIX}\n    return likely'
    ),
    "in a comment": more(f"# %%\nx = 1  # then {MIX}"),
    "in a string": more(f'# %%\nHELP = "{MIX}"'),
    "in a shell line": more(f'# %% language="bash"\n# # echo "{MIX}"'),
    "in a text": edited("# # Two steps", f"# # Two steps\n# Remember `{MIX}`."),
    "in a folded text": edited(
        "# # Two steps",
        "# # Two steps\n# <details>\n# powers / powers.sum(dim=1, keepdim=True)\n# </details>",
    ),
    "in a docstring": edited(DOC, f'{DOC[:-3]}\n\n    {MIX}\n    """'),
    "in an annotation": edited("def cross_entropy(logits,", f'def cross_entropy(logits: "{MIX}",'),
    "in the default of a helper": more(
        "# %%\ndef mix(s, right, even, last=lambda s, right, even: (1 - s) * right + s * even): ..."
    ),
    "in a helper's return": more("# %%\ndef mix(s, right, even):\n    return (1 - s) * right + s * even"),
    "in a condition": more("# %%\nif ((1 - s) * right + s * even).any(): print()"),
    "with other names": more("# %%\nnew = (1 - update) * candidate + update * old"),
    "with other names in a text": edited(
        "# # Two steps", "# # Two steps\n# - so `new = (1-update)*candidate + update*old`."
    ),
    "with attributes for names": more("# %%\nself.loss = (1 - self.s) * self.right + self.s * self.even"),
    "with other brackets": more("# %%\nshifted = ((logits) - (logits.max(dim=1, keepdim=True).values))"),
    "in a data address": edited(
        "# # Two steps",
        "# # Two steps\n# ![x](data:text/plain,likely%20=%20(1%20-%20s)%20*%20right%20+%20s%20*%20even)",
    ),
}
# What every lab says in its own words.
HARMLESS = {
    "a formula in LaTeX": edited(
        "# # Two steps", r"# # Two steps\n# $l = (1 - s) \log p_y + s \sum_k \log p_k / K$"
    ),
    "idioms": more("# %%\nwith torch.no_grad():\n    p = torch.zeros(4)\np = p * 2 + 1"),
    "arithmetic of another form": more("# %%\nscore = 100 * right / total - guess * 2"),
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kit.make_kit(tmp_path_factory.mktemp("kit"))


def inspected(kit: Path, master: str, workspace: Path) -> None:
    build_kit.write_master(kit, master)
    lab = Lab.in_repository(kit)
    pipeline.inspect(make_release(lab, kit, workspace), lab, kit)


@pytest.mark.parametrize("where", SHOWN)
@pytest.mark.one_in(4)
def test_a_line_of_a_solution_is_found(kit: Path, tmp_path: Path, where: str) -> None:
    with pytest.raises(BuildError, match=r"release (shows a solution line of q[12]|embeds a file)"):
        inspected(kit, SHOWN[where], tmp_path)


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_not_a_solution_is_released(kit: Path, tmp_path: Path, what: str) -> None:
    inspected(kit, HARMLESS[what], tmp_path)


def test_the_refusal_says_how_a_line_may_be_in_both(kit: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"take it out there, or list it in shared_lines of lab\.toml"):
        inspected(kit, SHOWN["in a text"], tmp_path)
    project = kit / "assignment" / build_kit.NAME / "lab.toml"
    was = project.read_text(encoding="utf-8")
    try:
        project.write_text(
            was.replace("\nrelease = [", f'\nshared_lines = ["{MIX}"]\nrelease = ['), encoding="utf-8"
        )
        inspected(kit, SHOWN["in a text"], tmp_path / "again")
    finally:
        project.write_text(was, encoding="utf-8")


def test_two_statements_on_a_line_do_not_share_a_mark(kit: Path, tmp_path: Path) -> None:
    given = "return loss  # GIVEN"
    with pytest.raises(BuildError, match="a line of its own"):
        inspected(kit, edited(given, f"loss = loss.exp(); {given}"), tmp_path)


@pytest.mark.parametrize(
    ("where", "written"),
    [
        ("in a text", "likely = (1 - s) * right + s * even"),
        ("in a cell of its own", "shifted = logits - logits.max(dim=1, keepdim=True).values"),
        ("with other names", "(1 - update) * candidate + update * old"),
    ],
)
def test_what_was_found_is_printed_as_it_is_written(
    kit: Path, tmp_path: Path, where: str, written: str
) -> None:
    with pytest.raises(BuildError) as refused:
        inspected(kit, SHOWN[where], tmp_path)
    assert f": `{written}`" in str(refused.value)


def test_words_that_were_found_are_printed_as_they_are_written(kit: Path, tmp_path: Path) -> None:
    said = "The differences between the logits of a row decide its probabilities, and"
    with pytest.raises(BuildError) as refused:
        inspected(
            kit, edited("# # Two steps", f"# # Two steps\n# {said}\n# their common size does not."), tmp_path
        )
    assert ": `The differences between the logits of a row decide its`" in str(refused.value)
