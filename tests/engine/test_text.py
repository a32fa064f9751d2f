"""Untrusted text is made safe in one module, and what comes out of it is safe whatever goes in."""

from __future__ import annotations

import csv
import io
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatelab import text

ENGINE = Path(text.__file__).parent
NASTY = [
    "\x1b[2J\x1b]0;title\x07", "a\r\nb\x00c\x85d\u2028e", "\u202eipynb.exe", "\ud800 half", "\udcff byte", "<script>`</code>`", "=1+1", '\t"-2', ";@SUM(A1)",
    "＝1", "CON", "nul.txt", "../../etc/passwd", "/home/staff/lab.py", "e\u0301" * 200, "a b " * 2000, " ", "", "\U0001f600" * 100,
]  # fmt: skip
foreign = st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec=None), max_size=200))


@given(foreign)
def test_text_for_a_terminal_is_printable_and_no_two_texts_become_one(raw: str) -> None:
    assert text.visible(raw).isprintable()
    assert text.visible(raw + "\x1b") != text.visible(raw + "\x1c")


@given(foreign, st.integers(2, 300))
def test_a_text_that_is_cut_says_so_and_is_no_longer_than_asked_for(raw: str, most: int) -> None:
    short = text.brief(raw, most)
    assert short.isprintable() and len(short) <= most
    assert short == text.visible(raw) or short.endswith("…")
    assert len(text.one_line(raw, most)) <= most and "\n" not in text.one_line(raw, most)
    assert len(text.last_part(raw, most)) <= most + 2


@given(foreign)
def test_text_for_a_page_is_utf8_without_control_characters(raw: str) -> None:
    for made in (text.page_text(raw), text.shown(raw), text.cell_output(raw, 50, "…"), text.one_line(raw)):
        made.encode("utf-8")
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", made)
    assert len(text.shown("a" * 5000)) < 2020


@given(foreign)
def test_markup_in_a_marked_message_is_text(raw: str) -> None:
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(str(text.html_with_code(text.shown(raw))))
    assert set(tags) <= {"code"}


@given(foreign, st.sampled_from([",", ";", "\t"]))
def test_no_cell_of_a_table_is_a_formula_whatever_it_is_split_at(raw: str, separator: str) -> None:
    table = io.StringIO()
    csv.writer(table).writerow([text.escape_formula(raw)])
    for cell in next(csv.reader(io.StringIO(table.getvalue()), delimiter=separator), []):
        assert not re.match(r"""["'\s]*[=+\-@＝＋－＠]""", cell.removeprefix("'")) or cell.startswith("'")


@given(foreign)
def test_no_cell_of_a_sheet_that_is_handed_back_is_a_formula(raw: str) -> None:
    made = text.escape_formula_in_sheet(raw)
    assert text.escape_formula_in_sheet(made) == made
    for cell in re.split(r"[;\t\r\n]", made):
        assert not re.match(r"""[\s"]*[=+\-@＝＋－＠]""", cell)


@given(foreign)
def test_markdown_without_what_runs_has_no_tag_and_no_entity(raw: str) -> None:
    made = text.inert_markup(raw + "<img src=x> [x](java&#115;cript:f) [y](JavaScript:f) <b>")
    assert not re.search(r"<[A-Za-z/!?]|&#|&\w+;|javascript:", made, re.IGNORECASE)
    assert text.inert_markup("a < b and 3 <4 & 5; data: x") == "a < b and 3 <4 & 5; data: x"


@pytest.mark.parametrize("cell", ["=1+1", "-3", "'-3", "a;=b", "plain", "O'Neil"])
def test_an_escaped_cell_reads_back_as_it_was(cell: str) -> None:
    assert text.unescape_formula(text.escape_formula(cell)) == cell


def test_a_line_of_tabs_takes_hardly_any_time() -> None:
    tabs = "\t" * 200_000
    began = time.process_time()
    assert text.escape_formula(tabs + "x") == tabs + "x" and text.unescape_formula("x" + tabs + "x")
    assert text.unescape_formula(text.escape_formula("x" + tabs + "=1")) == "x" + tabs + "=1"
    assert text.escape_formula_in_sheet(tabs + "x") == tabs + "x"
    assert time.process_time() - began < 2


@given(foreign)
def test_a_path_in_an_archive_leads_nowhere_else(raw: str) -> None:
    path = text.inner_path(raw)
    assert not path.is_absolute() and ".." not in path.parts and "\\" not in str(path)


@given(st.binary(max_size=100))
def test_what_a_process_wrote_is_text_without_zeros(raw: bytes) -> None:
    assert "\x00" not in text.decode_bytes(raw)
    text.decode_bytes(raw).encode("utf-8")


@given(foreign, st.sampled_from(["ascii", "utf-8", "latin-1", "cp1252"]))
def test_a_text_for_a_log_has_only_what_its_encoding_holds(raw: str, encoding: str) -> None:
    made = text.encodable(raw, encoding)
    assert made.encode(encoding).decode(encoding) == made and len(made) == len(raw)


@given(foreign)
def test_escaped_html_holds_no_markup_and_printable_text_is_what_is_shown_unchanged(raw: str) -> None:
    assert not set("<>\"'") & set(text.escaped(raw))
    assert text.is_printable(raw) is (text.visible(raw) == raw)


@given(foreign)
def test_a_file_name_leads_nowhere_on_any_system(raw: str) -> None:
    for name in (text.file_stem(raw), text.moodle_name(raw)):
        assert name and not re.search(r'[\x00-\x1f/\\:*?"<>|]', name) and name.strip(". ") not in ("", "..")
    assert len(text.file_stem(raw).encode()) <= text.LONGEST_STEM + len("submission-")
    assert text.file_stem(raw).split(".")[0].casefold() not in text.RESERVED


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("No such file: '/srv/gatelab/tests/hidden/q1.py'", "No such file: 'q1.py'"),
        ("cannot open C:\\grader\\bank\\slip.py", "cannot open slip.py"),
        ("1/2 of x/y", "1/2 of x/y"),
        ("'/home/ada/data.csv'", "'/home/ada/data.csv'"),  # it is in the student's own code
    ],
)
def test_only_the_last_part_of_a_path_of_this_machine_is_shown(said: str, shown: str) -> None:
    assert text.without_paths(said, own="open('/home/ada/data.csv')") == shown


# What else may look at characters one by one, and why.
ELSEWHERE = {
    "build/markers.py": "looks for answers that a master hides from readers",
    "build/regions.py": "the same",
    "build/reading.py": "shows staff's own notebook as HTML",
    "submission/archive_child.py": "runs alone, in a process without the engine",
    "handed_out/checking/render.py": "is handed out, so it imports nothing of the engine",
    "handed_out/checking/check.py": "the same",
    "handed_out/check_names.py": "the same",
    "handed_out/overview.py": "the same",
}


def test_no_other_module_makes_text_safe_by_itself() -> None:
    signs = re.compile(
        r"isprintable|unicodedata\.category|\\x1b|Markup\(|html\.escape|[\"']backslashreplace|x00-"
        r"|encode\([^()]*, [\"']replace[\"']\)\.decode|visible\(.*\)\[:"
        r"|len\(\w+\) <= \w+ else \w+\[: ?[^\]]*\] \+ [\"'](?:…|\.\.\.)[\"']|re\.compile\([^\n]*(?:＝|<\(\?=|script\()"
        r"|replace\([\"']\\x00|replace\([\"']\\\\[\"'], [\"']/"
    )
    found = {
        str(path.relative_to(ENGINE))
        for path in ENGINE.rglob("*.py")
        if path != Path(text.__file__) and signs.search(path.read_text(encoding="utf-8"))
    }
    assert found == ELSEWHERE.keys()


@pytest.mark.parametrize(
    ("source", "start"),
    [
        ("import numpy as np", "import numpy as np"),
        ("\n# my answer to the first question, with all the steps", "# my answer to the first…"),
        ("# https://example.org/a/page/with/a/long/address", "# https://example.org/a/page…"),
        ("async def fetch(url):\n    pass", "async def fetch…"),
        ("", ""),
    ],
)
def test_a_cell_is_called_by_first_words_that_say_something(source: str, start: str) -> None:
    assert text.cell_start(source) == start
