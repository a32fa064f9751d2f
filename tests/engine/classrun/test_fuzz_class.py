"""`gatelab grade` on a folder of files that nobody would write by hand: every one of them gets its row and its reason.

The files come from hypothesis, so the seed in the head of the test run makes the same folder again; the reader and the
wire have their own random tests (test_notebook_reading.py, test_wire.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gatelab.limits import CELL_LIMIT, FILE_LIMIT, HAND_IN_ENTRIES, SOURCE_LIMIT
from gatelab.report.record.schema import read_json
from gatelab.submission.choose import EXTENSION, is_notebook
from gatelab.submission.entries import LITTER
from gatelab.text import visible
from helpers.any_file_names import raw_names
from helpers.notebooks import write_notebook
from helpers.tables import rows_of
from helpers.tiny_lab import RIGHT, SETUP, STUB, tiny_kit

pytestmark = pytest.mark.one_in(3, at=2)

COMMAND = str(Path(sys.executable).with_name("gatelab"))
FILES, OTHERS, FOLDERS = 240, 40, 60  # none of them costs more than reading it
NOTEBOOKS = 10  # of the lab, whatever else is in them; each is graded in a process of its own

# --- names -----------------------------------------------------------------------------------------------------------

alike = st.sampled_from(
    ["ada", "Ada", "ADA", "é", "e\u0301", "straße", "STRASSE", "-rf", "--out", "a\nb", "a\r\nb,c"]
)
endings = st.sampled_from(
    [".ipynb"] * 6 + [".IPYNB", ".iPyNb", "", ".zip", ".html", ".ipynb.txt", "\n.ipynb"]
)


def _entry(name: str, ending: str) -> str:
    """At most the 255 bytes that a file system allows, and no name that is hidden or means something else."""
    entry = os.fsdecode(os.fsencode(name)[: 255 - len(ending)]) + ending
    return f"_{entry}" if entry in LITTER | {"submitted"} or entry.startswith(".") else entry


names = st.builds(_entry, alike | raw_names, endings)

# --- contents --------------------------------------------------------------------------------------------------------

text = st.text(st.characters() | st.characters(categories=["Cs", "Cc", "Cf"]), max_size=30)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def sometimes(likely: object, *others: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.just(likely), st.just(likely), st.just(likely), anything, *others)


def deep(levels: int, opening: str = "[", closing: str = "]") -> str:
    return opening * levels + "0" + closing * levels


def with_text(place: dict, raw: str) -> bytes:
    """The JSON of `place` with `raw`, which need not be JSON, instead of the text "HERE"."""
    return json.dumps(place).replace('"HERE"', raw).encode()


levels = st.sampled_from([500, 900, 990, 1_000, 10_000, 100_000])
depths = st.builds(deep, levels) | st.builds(deep, levels, st.just('{"a":'), st.just("}"))

CODE = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
LAB_CELL = {**CODE, "source": STUB}


def book(*cells: object, **others: object) -> dict:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | others


cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": sometimes("code", st.sampled_from(["markdown", "raw", "Code"])),
        "source": text | st.lists(text, max_size=3) | anything,
        "metadata": st.dictionaries(st.sampled_from(["nbgrader", "tags", "name"]), anything, max_size=3)
        | anything,
        "outputs": anything,
        "attachments": anything,
    },
)
foreign_metadata = st.fixed_dictionaries({"kernelspec": st.fixed_dictionaries({"language": sometimes("R")})})
foreign = st.builds(lambda cells, metadata, version: {"cells": cells, "metadata": metadata, "nbformat": version},
                    st.lists(cells | anything, max_size=6) | anything, foreign_metadata | anything, sometimes(4))  # fmt: skip

# One thing is wrong with a notebook of the lab; none of these may be graded.
broken = st.one_of(
    st.builds(lambda version: book(LAB_CELL, nbformat=version), st.sampled_from([3, 5, -1, "4", None, True, [4], 4.5])),
    st.builds(lambda source: book({**LAB_CELL, "source": source}),
              st.sampled_from([7, None, [1], {"a": STUB}, [[STUB]], STUB + "#" * SOURCE_LIMIT])),
    st.builds(lambda cells: book(*[LAB_CELL] * cells), st.just(CELL_LIMIT + 1)),
    st.builds(lambda raw: {"cells": raw, "nbformat": 4}, anything),
).map(lambda value: json.dumps(value).encode())  # fmt: skip
whole = json.dumps(book(LAB_CELL)).encode()
spoilt = st.one_of(
    st.integers(1, len(whole) - 1).map(lambda end: whole[:end]),
    st.sampled_from(["cp500", "punycode"]).map(lambda code: whole.decode().encode(code)),
    st.binary(min_size=1, max_size=20).map(lambda junk: b"\xff" + junk + whole),
    st.sampled_from([b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf" + whole, b"\0" * 5_000, b"PK\x03\x04", b"1" * 10_000,
                     b"NaN", b'"' + b"x" * 1_000_000 + b'"', whole + whole, b"<html>", whole.replace(b"4", b"4e999")]),
    st.builds(with_text, st.sampled_from([book("HERE"), book(nbformat="HERE"), book(nbformat={"kernelspec": {"language": "HERE"}}),
                                          {"cells": "HERE"}, {"worksheets": "HERE"}, "HERE"]), depths),
)  # fmt: skip
contents = st.one_of(
    st.binary(max_size=300), anything.map(lambda value: json.dumps(value).encode()),
    foreign.map(lambda value: json.dumps(value).encode()), broken, spoilt,
)  # fmt: skip

# Notebooks of the lab, with everything a grading does not need made at random.
lines = st.sampled_from(["%matplotlib inline", "!rm -rf ~", "import os; os._exit(3)", "raise SystemExit", "x = '\ud800'", "1 +", "'''",
                         "print('\x1b[31m' * 10**6)", "\0", "raise BaseException('\ud800\\n')", "del __builtins__", "?help"]) | text  # fmt: skip
graded = st.builds(
    lambda before, after, answer, minor, extra, outputs, mark: mark + json.dumps(
        book(*({**CODE, "source": line, "metadata": extra} for line in before),
             {**CODE, "source": SETUP, "outputs": outputs}, {**CODE, "source": answer, "id": extra},
             *({**CODE, "source": [line]} for line in after), nbformat_minor=minor, metadata={"authors": extra})).encode(),
    st.lists(lines, max_size=3), st.lists(lines, max_size=2), st.sampled_from([STUB, RIGHT["q1"], f"{STUB}\n  1 +"]), anything, anything,
    st.sampled_from([[], "none", [{"data": {"image/png": "A" * 15_000_000}}]]), st.sampled_from([b"", b"\xef\xbb\xbf", b"\n  "]),
)  # fmt: skip


def made(strategy: st.SearchStrategy, count: int) -> list:
    """Examples of a strategy, by the seed of the run."""
    found = []

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(example: object) -> None:
        found.append(example)

    keep()
    return found


# --- what lies in a class's folder: each writes one entry and returns the notebook that is in it, or None -------------

Put = Callable[[Path, bytes, Path], bytes | None]


def _file(path: Path, data: bytes, outside: Path) -> bytes | None:
    path.write_bytes(data)
    return data if is_notebook(path.name) else None


def _locked(path: Path, data: bytes, outside: Path) -> bytes | None:
    found = _file(path, data, outside)
    path.chmod(0)
    return found if os.access(path, os.R_OK) else None  # root reads everything


def _giant(path: Path, data: bytes, outside: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(FILE_LIMIT + 1)


def _socket(path: Path, data: bytes, outside: Path) -> None:
    os.mknod(path, stat.S_IFSOCK | 0o600)


def _tree(path: Path, data: bytes, outside: Path) -> bytes:
    (path / "softmax").mkdir(parents=True)
    (path / "softmax" / "timestamp.txt").write_text("yesterday")
    (path / "softmax" / "lab.ipynb").write_bytes(data)
    (path / "old.ipynb").write_bytes(b"{}")
    return data


def _nested(path: Path, data: bytes, outside: Path) -> bytes:
    (path / "a" / "b").mkdir(parents=True)
    (path / "a" / "b" / "x\n.ipynb").write_bytes(data)
    return data


def _bottomless(path: Path, data: bytes, outside: Path) -> None:
    (path / "/".join("abcdefgh")).mkdir(parents=True)
    (path / "/".join("abcdefgh") / "lab.ipynb").write_bytes(data)


def _crowd(path: Path, data: bytes, outside: Path) -> bytes:
    path.mkdir()
    for number in range(HAND_IN_ENTRIES + 1):
        (path / f"{number}.ipynb").touch()
    return b""


def _two(path: Path, data: bytes, outside: Path) -> bytes:
    path.mkdir()
    (path / "a.ipynb").write_bytes(data)
    (path / ("b" * 200 + "\n\x1b.ipynb")).write_bytes(data)
    return data


def _inside(put: Put) -> Put:
    def within(path: Path, data: bytes, outside: Path) -> bytes | None:
        path.mkdir()
        return put(path / "lab.ipynb", data, outside)

    return within


def _link(where: str) -> Put:
    return lambda path, data, outside: path.symlink_to(outside / where if where else path.name)


def _linked_lab(path: Path, data: bytes, outside: Path) -> None:
    path.mkdir()
    (path / "softmax").symlink_to(outside)


folders = [
    _tree, _nested, _bottomless, _two, _inside(_file), _inside(_locked), _inside(_giant), _inside(_link("lab.ipynb")), _linked_lab,
    lambda path, data, outside: path.mkdir(), lambda path, data, outside: path.mkdir(0),
    _inside(lambda path, data, outside: path.mkdir()), _inside(lambda path, data, outside: os.mkfifo(path)),
]  # fmt: skip
others = [
    _locked, _giant, _socket, lambda path, data, outside: os.mkfifo(path),
    _link("lab.ipynb"), _link(""), _link("nowhere"), _link("."), _link("../../../../../../../etc/passwd"), _link("/dev/zero"),
]  # fmt: skip


@pytest.fixture
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_kit(tmp_path_factory.mktemp("kit"))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Everything a run could touch but should not: the class, a folder that links lead to, the grader's home."""
    base = tmp_path
    for name in ("class", "outside", "home"):
        (base / name).mkdir()
    write_notebook(base / "outside" / "lab.ipynb", SETUP, RIGHT["q1"], RIGHT["q2"])
    return base


@pytest.mark.timeout(300)
def test_every_file_of_any_class_gets_one_row_and_the_run_touches_nothing_else(base: Path, kit: Path) -> None:
    folder, outside = base / "class", base / "outside"
    handed_in: dict[str, bytes | None] = {}

    def put(name: str, data: bytes, how: Put) -> None:
        if os.path.lexists(folder / name):
            name = _entry(f"{name[:60]}{len(handed_in)}", ".ipynb")
        handed_in[name] = how(folder / name, data, outside)

    put("known.ipynb", (outside / "lab.ipynb").read_bytes(), _file)
    put("crowd", b"", _crowd)
    for kinds, count in (([_file], FILES), (others, OTHERS), (folders, FOLDERS)):
        for name, data, how in made(st.tuples(names, contents, st.sampled_from(kinds)), count):
            put(name, data, how)
    for number, (data, how) in enumerate(
        made(st.tuples(graded, st.sampled_from([_file, _tree, _nested])), NOTEBOOKS)
    ):
        put(f"lab {number}.ipynb", data, how)
    before = _snapshot(base)

    out = base / "out"
    said = subprocess.run(
        [COMMAND, "grade", "class", "-o", "out", "--root", str(kit), "--jobs", "2"],
        cwd=base, capture_output=True, timeout=240,
        env={**os.environ, "HOME": str(base / "home"), "PYTHONIOENCODING": "ascii"},  # the poorest terminal there is
    )  # fmt: skip
    spoken = (said.stdout + said.stderr).decode()
    assert said.returncode == 1 and "Traceback" not in spoken, spoken[-3000:]
    assert _snapshot(base, but=out) == before

    rows = rows_of(out / "grades.csv")
    reports = [
        read_json((out / "reports" / f"{row['file'].lstrip(chr(39))}.json").read_text()) for row in rows
    ]
    assert len(rows) == len(handed_in) == len(list(folder.iterdir()))
    assert len({row["submission"] for row in rows}) == len(rows)
    assert len({row["file"].casefold() for row in rows}) == len(rows)
    for row, report in zip(rows, reports, strict=True):
        assert row["status"] == report.shown_status and row["status"] in ("graded", "ungradable")
        assert (row["reason"] or row["status"] == "graded") and row["reason"].isprintable(), row
        assert "grader" not in row["reason"], (row, report.output)  # the words for faults of the kit itself
    # Each notebook is in just one report, by its bytes; each entry, with a notebook or without, has one by its name.
    assert Counter(report.sha256 for report in reports) == Counter(
        "" if data is None else hashlib.sha256(data).hexdigest() for data in handed_in.values()
    )
    submissions = {report.submission for report in reports}
    for name in handed_in:
        shown = {visible(name), visible(EXTENSION.sub("", name) or name)}
        assert shown & submissions or any(row.startswith(f"{visible(name)} (") for row in submissions), name

    graded_rows = {row["submission"]: row for row in rows if row["status"] == "graded"}
    assert graded_rows["known"]["total"] == graded_rows["known"]["out_of"]
    assert {name.split()[0] for name in graded_rows} <= {"known", "lab"}, "a wreck was graded"


def _snapshot(base: Path, but: Path | None = None) -> dict[str, tuple]:
    """Everything below a folder: names, kinds, permissions, times and contents."""
    found = {}
    for parent, inner, files in os.walk(base):
        if but and but.name in inner and Path(parent) == base:
            inner.remove(but.name)
        for name in [*inner, *files]:
            path = os.path.join(parent, name)
            status = os.lstat(path)
            content = os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
            if stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK):
                content = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            found[path] = (status.st_mode, status.st_uid, status.st_ino, status.st_mtime_ns, content)
    return found
