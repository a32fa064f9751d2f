"""A line of a solution may stand nowhere in what students get: not in another cell, a text, a docstring, under other names.

The accepted snapshot would show each of these to a person; here the build finds them by itself.
"""

from __future__ import annotations

from pathlib import Path

import minikit
import pytest

from gatelab.build import BuildError, pipeline
from gatelab.build.release import make_release
from gatelab.lab.spec import Lab

MIX = "h = (1 - z) * n + z * h"
DOC = '"""One step of a GRU."""'


def more(cell: str) -> str:
    return f"{minikit.MASTER}\n{cell}\n"


def edited(old: str, new: str) -> str:
    assert minikit.MASTER.count(old) == 1
    return minikit.MASTER.replace(old, new)


SHOWN = {
    "in a cell of its own": more("# %%\nc = f * c + i * g"),
    "without operators of its own line": more("# %%\ni, f, g, o = pre.chunk(4, dim=1)"),
    "in an experiment": more(f'# %% tags=["experiment"]\ndef demo(n, z, h):\n    {MIX}\n    return h'),
    "in a comment": more(f"# %%\nx = 1  # then {MIX}"),
    "in a string": more(f'# %%\nHELP = "{MIX}"'),
    "in a shell line": more(f'# %% language="bash"\n# # echo "{MIX}"'),
    "in a text": edited("# # Two steps", f"# # Two steps\n# Remember `{MIX}`."),
    "in a folded text": edited(
        "# # Two steps", "# # Two steps\n# <details>\n# torch.tanh(x_n + r * h_n)\n# </details>"
    ),
    "in a docstring": edited(DOC, f'{DOC[:-3]}\n\n    {MIX}\n    """'),
    "in an annotation": edited("def gru_step(x,", f'def gru_step(x: "{MIX}",'),
    "in the default of a helper": more(
        "# %%\ndef mix(n, z, h, last=lambda n, z, h: (1 - z) * n + z * h): ..."
    ),
    "in a helper's return": more("# %%\ndef mix(n, z, h):\n    return (1 - z) * n + z * h"),
    "in a condition": more("# %%\nif ((1 - z) * n + z * h).any(): print()"),
    "with other names": more("# %%\nnew = (1 - update) * candidate + update * old"),
    "with other names in a text": edited(
        "# # Two steps", "# # Two steps\n# - so `new = (1-update)*candidate + update*old`."
    ),
    "with attributes for names": more("# %%\nself.h = (1 - self.z) * self.n + self.z * self.h"),
    "with other brackets": more("# %%\nc = ((f * c) + (i * g))"),
    "in a data address": edited(
        "# # Two steps", "# # Two steps\n# ![x](data:text/plain,h%20=%20(1%20-%20z)%20*%20n%20+%20z%20*%20h)"
    ),
}
# What every lab says in its own words.
HARMLESS = {
    "a formula in LaTeX": edited("# # Two steps", r"# # Two steps\n# $h' = (1 - z) \odot n + z \odot h$"),
    "idioms": more("# %%\nwith torch.no_grad():\n    h = torch.zeros(4)\nh = h * 2 + 1"),
    "arithmetic of another form": more("# %%\nscore = 100 * right / total - guess * 2"),
}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return minikit.make_kit(tmp_path_factory.mktemp("kit"))


def inspected(kit: Path, master: str, workspace: Path) -> None:
    minikit.write_master(kit, master)
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
    project = kit / "assignment" / "lstm-gru" / "lab.toml"
    was = project.read_text(encoding="utf-8")
    try:
        project.write_text(was.replace("shared_lines = [", f'shared_lines = ["{MIX}", '), encoding="utf-8")
        inspected(kit, SHOWN["in a text"], tmp_path / "again")
    finally:
        project.write_text(was, encoding="utf-8")


def test_two_statements_on_a_line_do_not_share_a_mark(kit: Path, tmp_path: Path) -> None:
    given = 'return h, {"r": r, "z": z, "n": n}  # GIVEN'
    with pytest.raises(BuildError, match="a line of its own"):
        inspected(kit, edited(given, f"n = n.tanh(); {given}"), tmp_path)
