"""What looks like a placeholder and is none reaches no student; other double braces are left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gatelab.build import placeholders
from helpers.build_kit import MASTER, make_kit, write_master
from helpers.tiny_class import gatelab

MISSPELT = {
    "{{POINT q2}}": "{{POINT q2}} is no placeholder (did you mean {{POINTS q2}}?).",
    "{{ DUE }}": "{{ DUE }} is no placeholder (did you mean {{DUE}}?).",
    "{{points}}": "{{points}} is no placeholder (did you mean {{POINTS}}?).",
    "{{POINTS: q1, q2}}": "{{POINTS: q1, q2}} is no placeholder (did you mean {{POINTS q1 q2}}?).",
    "{{Treshold q1}}": "(did you mean {{THRESHOLD q1}}?)",
    "{POINTS q1}": "{POINTS q1} is no placeholder (did you mean {{POINTS q1}}?).",
    "{{POINTS q1}": "{{POINTS q1} is no placeholder (did you mean {{POINTS q1}}?).",
    "$\\ge$ {{TRESHOLD q1}} $\\%$": "{{TRESHOLD q1}} is no placeholder",
    "`{{POINT q1}}`": "{{POINT q1}} is no placeholder",
    "It costs $5, {{points}} or $7.": "{{points}} is no placeholder",
    "{{LECTURER}}": "{{LECTURER}} is no placeholder; there are {{POINTS}}, {{THRESHOLD q1}}, {{DUE}},",
}
LEFT_ALONE = [
    "$x_{{i}}^{{2}}$ and $$\\frac{{a}}{{b}}$$",
    "$\\sum_{{i}}$, and\n$$\n\\mathrm{{softmax}}({{x}})\n$$",
    "\\begin{align}{{x}}\\end{align}",
    "\\({{n}}\\) and \\[{{n}}\\]",
    "Write `f\"{{{name}}}\"`, or `{{ name }}` in Jinja, or ``{{ a ` b }}``.",
    "```python\nprint(f\"{{points}}\")\n```",
    "~~~\n{{ user.name }}\n~~~",
    "An empty {{}}, {{ 1, 2 }} and \\{\\{a\\}\\}.",
    "A set {points, due} and {x}.",
    "$ \\frac{{a}}{b} $ and $N \\times {{T}} $, $x_{{i}}$2",
    "$a + \n{{b}}$",
    "Code:\n\n    print({{ points }})\n\n- a list\n\n  ~~~\n  {{ name }}\n  ~~~\n\n<pre>{{ user }}</pre>",
]  # fmt: skip
CODE_LEFT_ALONE = [
    'print(f"{{points}} {{{N}}} {{N}}")',
    'text = "{{}}".format\ntable = {{1: 2}["a"]}',
    'page = "<b>{{ name }}</b> {{ user.points }}"',
    '"é"; print(f"{{POINT}} of {1}", f"""\n{{DUES}}\n""")',
    # A form feed, and what else is no end of a line for Python; the three that are.
    'import os\n\x0c\ndef f(a):\n    return f"{{POINTS}} {a}"',
    'x = "a\x0bb\x1cc\x85d\u2028e"\nprint(f"{{POINTS}} {x}")',
    'x = 1\r\ny = 2\rprint(f"{{POINTS}} {x}")\r\n',
    "%matplotlib inline\nprint(f'{{x}}')",
    "SHAPES = {{N}}",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_kit(tmp_path_factory.mktemp("placeholders") / "kit")


@pytest.fixture
def kit(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "kit"))


@pytest.mark.parametrize("written", MISSPELT)
def test_one_that_is_misspelt_is_found(written: str) -> None:
    ((line, found),) = placeholders.in_markdown(f"# A title\n\n$5 or {written} together\n")
    assert line == 3 and MISSPELT[written] in f"{found} {placeholders.why_none(found)}."


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_other_braces_in_a_text_are_left_alone(text: str) -> None:
    assert list(placeholders.in_markdown(text)) == []


@pytest.mark.parametrize("text", CODE_LEFT_ALONE)
def test_other_braces_in_code_are_left_alone(text: str) -> None:
    assert list(placeholders.in_code(text)) == []


@pytest.mark.parametrize("text", ['HANDOUT = "{{HANDOUT_UR}}"', "x = 1  # {{ POINTS q1 }}", '"{{POINT q2}}"'])
def test_one_that_is_misspelt_in_code_is_found(text: str) -> None:
    assert len(list(placeholders.in_code(f"import torch\n{text}"))) == 1


@pytest.mark.parametrize("command", [["diff"], ["build", "--no-execute", "--accept"]], ids=" ".join)
def test_one_in_a_master_is_refused_in_one_sentence_with_its_line(kit: Path, command: list[str]) -> None:
    write_master(kit, MASTER.replace("# [Colab]", "# It gives {{POINT q2}} points. [Colab]"))
    done = gatelab(*command, "--root", kit)
    said = " ".join(done.output.split())
    assert done.exit_code != 0 and "Traceback" not in said
    assert "lab.py, line 3 (the cell that starts" in said and said.endswith(MISSPELT["{{POINT q2}}"]), said


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("CONTRACT.md", "\nq1 gives {{POINTS q1}} points.\n"),
        ("requirements.txt", "# due {{DUE}}\n"),
        ("softmax_lab/__init__.py", 'POINTS = "{{POINTS}}"\n'),
    ],
)
def test_one_in_another_file_for_students_is_refused(kit: Path, page: str, text: str) -> None:
    with (kit / "assignment" / "softmax" / page).open("a", encoding="utf-8") as file:
        file.write(text)
    done = gatelab("build", "--no-execute", "--accept", "--root", kit)
    said = " ".join(done.output.split())
    assert (
        done.exit_code == 1 and f"{page} of the release, line" in said and "looks like a placeholder" in said
    )


def test_formulas_and_f_strings_are_built(kit: Path) -> None:
    text = MASTER.replace("# [Colab]", "# $x_{{i}}$ [Colab]").replace("1 / 3)", "1 / 3, f'{{points}}')")
    write_master(kit, text)
    done = gatelab("build", "--no-execute", "--accept", "--root", kit)
    assert done.exit_code == 0, done.output
