"""The map of the questions in a student's notebook: what their checks said, and how many points that is."""

from __future__ import annotations

import pytest

from gatelab.handed_out import progress
from gatelab.handed_out.progress import SESSION, State

NOW, BEFORE = {"session": SESSION}, {"session": "of yesterday"}
CHECKS = {
    "q1": {"a": {"passed": True, **NOW}},
    "q2": {"a": {"passed": True, **NOW}, "b": {"passed": True, **BEFORE}},
    "q3": {"a": {"passed": True, **NOW}, "b": {"passed": False, **NOW}},
}
STATES = {
    "q1": State.PASSED, "q2": State.EARLIER, "q3": State.NOT_YET, "q4": State.NOT_CHECKED,
}  # fmt: skip


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"id": id, "title": f"passed by {id}", "points": 10, "minutes": 5, "by_hand": id == "q5"}
        for id in [*STATES, "q5"]
    ]
    monkeypatch.setattr(progress, "table", lambda: {"questions": rows})
    monkeypatch.setattr(progress, "memory", lambda: {"checks": CHECKS})


@pytest.mark.parametrize(("question", "state"), STATES.items())
def test_a_check_is_known_by_its_cases_and_the_session(question: str, state: State) -> None:
    assert progress.state(question) is state


@pytest.mark.parametrize(
    "text",
    [
        "{}", "%%time\n{}", "%matplotlib inline\n!pip list\n{}", "files = !ls\n{}", "{}?f\n", "{}f?",
        "def g():\n    %time 1\n\n{}", "x = (7\n  % 2)\n{}",
    ],
)  # fmt: skip
def test_jupyters_own_lines_hide_no_definition(text: str) -> None:
    """So that the record of what ran and the look at the file agree."""
    assert "f" in progress.defines(text.format("def f():\n    return 1\n"))
    assert progress.defines("%%time\ndef f(:") == set()


def test_an_indented_cell_defines_what_it_defines_in_jupyter() -> None:
    """Which takes the first line's indent from every line."""
    assert progress.defines("\n    def f():\n        return 1\n\n    x = 2") == {"f", "x"}
    assert progress.defines("    y = 1\nx = 2") == {"x", "y"}


def test_the_map_is_a_table_where_a_page_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the same as text, for all that cannot show one."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(progress, "remembers", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda both, raw: shown.append(both))
    progress.show()
    [both] = shown
    assert capsys.readouterr().out == "" and both["text/plain"].splitlines()[1].endswith("   passed")
    assert both["text/html"].count("<tr>") == 6 and "</b> passed by q1 (10 points)</th>" in both["text/html"]
    assert "<td>5</td><td>passed earlier</td>" in both["text/html"]


def test_the_map_counts_what_passed_now_or_earlier(capsys: pytest.CaptureFixture[str]) -> None:
    progress.show()
    _, *rows, _, said, _ = capsys.readouterr().out.splitlines()
    ends = [row.rpartition("   ")[2] for row in rows]
    assert ends == ["passed", "passed earlier", "not yet", "not checked", "read by a person"]
    assert said.startswith("Checks have passed for questions worth 20 of 50 points")
    assert said.endswith("Left, by estimate: 15 minutes.")


def test_a_long_title_is_cut_between_two_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = {"id": "q5", "title": "In your own words: do all the larger ones win?", "points": 2, "minutes": 9}
    monkeypatch.setattr(progress, "table", lambda: {"questions": [long | {"by_hand": True}]})
    progress.show()
    assert "q5    In your own words: do all the larger …  " in capsys.readouterr().out
