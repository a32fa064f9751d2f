"""An invalid list in the bank is refused in one sentence: file, key, value, what is allowed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gatelab.audit.bank_lists import Listed, equivalents
from gatelab.audit.seeds import listed
from gatelab.lab.spec import LabError

ROW = '[[q1]]\nwhere = "f"\nbefore = "a"\nafter = "b"\n'


@pytest.fixture
def lab(tmp_path: Path) -> SimpleNamespace:
    (tmp_path / "chaff").mkdir()
    return SimpleNamespace(bank=tmp_path, questions={"q1": None, "q2": None})


def test_a_lab_may_come_without_the_lists(lab: SimpleNamespace) -> None:
    assert listed(lab) == {} and equivalents(lab, "q1") == ()


def test_the_lists_are_read_with_their_reasons(lab: SimpleNamespace) -> None:
    (lab.bank / "chaff" / "unstable.toml").write_text('"q1/slip" = "drawn"\n')
    (lab.bank / "equivalent.toml").write_text(f'{ROW}why = "the same"\n')
    assert listed(lab) == {"q1/slip": "drawn"}
    assert equivalents(lab, "q1") == (Listed(("f", "a", "b"), "the same"),) and equivalents(lab, "q2") == ()


REASON = 'its reason in quotes, as in "q1/slip" = "Where the drawn …"'
TABLES = "a list of tables, each begun with [[q1]], of where, before, after and why"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"q1/a" = ""', f': q1/a must be {REASON}; it is "".'),
        ('"q1/a" = " "', f': q1/a must be {REASON}; it is " ".'),
        ('"q1/a" = 3', f": q1/a must be {REASON}; it is 3."),
        ("[q1]\na = 'drawn'", f': q1 must be {REASON}; it is {{ a = "drawn" }}.'),
        ('"q1/a" = drawn', ', line 1: `"q1/a" = drawn` cannot be read'),
    ],
)
def test_a_wrong_entry_of_unstable_toml_is_named(lab: SimpleNamespace, text: str, says: str) -> None:
    path = lab.bank / "chaff" / "unstable.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError) as error:
        listed(lab)
    assert str(error.value).startswith(f"{path}{says}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("q1 = 3", f": q1 must be {TABLES}; it is 3."),
        ("q1 = [3]", f": q1 must be {TABLES}; it is [3]."),
        ("[q1]\nwhere = 'f'", f': q1 must be {TABLES}; it is {{ where = "f" }}.'),
        (ROW, ", [q1.1]: why is missing; it must be the reason, in quotes, why it is as right as the reference."),
        (f'{ROW}why = ""', ", [q1.1]: why must be the reason, in quotes, why it is as right as the reference; it is \"\"."),
        (f'{ROW}why = "so"\n{ROW}why = 3', ", [q1.2]: why must be the reason, in quotes"),
        (f'{ROW}wy = "so"', ", [q1.1]: there is no key wy (did you mean why?); there are where, before, after, why; its value is \"so\"."),
        (f'{ROW}why = "so"\nline = 3', ", [q1.1]: there is no key line"),
        (f'{ROW}why = "so"'.replace('"f"', "3"), ", [q1.1]: where must be a text in quotes; it is 3."),
        (f'{ROW}why = "so"'.replace("q1", "q3"), ": there is no question q3; there are q1 and q2."),
        ("[[q1]", ", line 1: `[[q1]` cannot be read"),
    ],
)  # fmt: skip
def test_a_wrong_entry_of_equivalent_toml_is_named(lab: SimpleNamespace, text: str, says: str) -> None:
    path = lab.bank / "equivalent.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError) as error:
        equivalents(lab, "q2")  # whichever question is asked for
    assert str(error.value).startswith(f"{path}{says}")


@pytest.mark.parametrize("name", ["chaff/unstable.toml", "equivalent.toml"])
def test_a_list_that_cannot_be_read_is_named(lab: SimpleNamespace, name: str) -> None:
    (lab.bank / name).mkdir()
    with pytest.raises(LabError, match=r"cannot be read \(.*\); fix its permissions"):
        listed(lab), equivalents(lab, "q1")
