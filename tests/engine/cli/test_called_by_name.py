"""Tables show people by their names in the roster: every command that takes a name takes those too."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.tiny_class import CLASS, Tiny, gatelab

pytestmark = pytest.mark.usefixtures("shared_server")

ROSTER = 'Name,ID\n"Lovelace, Ada",ada\nJohn Smith,bob\nJohn Smith,cleo\n'


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("named"), CLASS)
    roster = tiny.base / "people.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    said = tiny.grade("--roster", roster)
    assert said.exit_code == 0, said.output
    for name in ("Ada Lovelace", "John Smith (bob)", "John Smith (cleo)"):
        assert name in said.stdout
    return tiny


@pytest.mark.parametrize("name", ["Ada Lovelace", "ada lovelace", "ada"])
def test_a_correction_finds_a_student_by_name(tiny: Tiny, name: str) -> None:
    said = tiny.gatelab("comment", name, f"Hello, {name}.")
    assert (said.exit_code, said.output) == (0, "ada: comment written. Total now: 10.\n")
    assert f"Hello, {name}." in tiny.page("ada")
    assert tiny.gatelab("comment", name, "--remove").exit_code == 0


def test_namesakes_are_listed_and_neither_is_guessed(tiny: Tiny) -> None:
    said = tiny.gatelab("comment", "John Smith", "Hello.")
    assert (said.exit_code, said.output) == (
        2, "'John Smith': 2 submissions are called that; type one of these names: bob and cleo.\n",
    )  # fmt: skip
    assert tiny.gatelab("comment", "John Smith (cleo)", "Hello.").output.startswith("cleo: comment written.")


def show(tiny: Tiny, name: str) -> tuple[int, str]:
    done = gatelab("why", name, "-o", tiny.out)
    return done.exit_code, done.output


def test_a_name_that_fits_several_is_answered_alike_whether_something_is_given_or_shown(tiny: Tiny) -> None:
    for typed in ("John", "John Smith", "nobody at all"):
        assert tiny.gatelab("comment", typed, "Hello.").output == show(tiny, typed)[1]


def test_a_result_is_found_by_the_name_too(tiny: Tiny) -> None:
    assert show(tiny, "Ada Lovelace") == show(tiny, "ada lov") == show(tiny, "ada")
    assert show(tiny, "ada")[0] == 0
    code, said = show(tiny, "John")
    assert (
        code == 2
        and "'John': the names of 2 submissions begin like this; type one of these names: bob and cleo."
        in said
    )


def test_a_penalty_takes_no_more_than_was_earned_and_says_so(tiny: Tiny, tmp_path: Path) -> None:
    copy = tiny.copy(tmp_path)
    rule = '\n[late]\ndue = "2026-11-26 12:00"\nzone = "Europe/Berlin"\npercent_per_day = 10\n'
    copy.table.write_text(copy.table.read_text(encoding="utf-8") + rule, encoding="utf-8")
    said = copy.gatelab("late", "bob", "100", "--why", "a month")
    assert said.output == "bob: 9 points taken off for lateness. Total now: 0.\n"


TEAM = """---
submission_1:
  :submitters:
  - :name: Bob Müller
    :email: bob@x.org
    :sid: 8
  - :name: Ünal, Cléo
    :email: cleo@x.org
    :sid: 9
  :created_at: 2026-11-21 10:00:00.0 Z
submission_2:
  :submitters:
  - :name: Bob Müller
    :email: other@x.org
    :sid: 10
  :created_at: 2026-11-21 10:00:00.0 Z
"""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    tiny = Tiny.lay_out(tmp_path_factory.mktemp("team"), {})
    for k, name in enumerate(("bob and cleo", "bob"), 1):
        folder = tiny.hand_in(name, *CLASS["ada"])
        folder.rename(tiny.folder / f"submission_{k}")
        folder.parent.rmdir()
    (tiny.folder / "submission_metadata.yml").write_text(TEAM, encoding="utf-8")
    said = tiny.grade()
    assert said.exit_code == 0, said.output
    return tiny


class TestAMemberOfATeam:
    @pytest.mark.parametrize("name", ["Cléo Ünal", "cléo ünal", "Bob Müller, Cléo Ünal"])
    def test_is_found_by_their_own_name(self, team: Tiny, name: str) -> None:
        said = team.gatelab("comment", name, f"Hello, {name}.")
        assert said.exit_code == 0 and said.output.startswith("Bob Müller, Cléo Ünal: comment written")
        assert show(team, name)[0] == show(team, "cleo")[0] == 0
        assert f"Hello, {name}." in show(team, name)[1]

    def test_whose_name_somebody_else_has_too_is_not_guessed(self, team: Tiny) -> None:
        said = team.gatelab("comment", "bob müller", "Hello.")
        assert said.exit_code == 2 and "type one of these names: " in said.output
