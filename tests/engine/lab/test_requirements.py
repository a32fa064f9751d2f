"""A lab's requirements.txt has one grammar, which the build, the zip and start.py read in the same way; anything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatelab.handed_out import start
from gatelab.lab.requirements import FILE, kit_pins, read
from helpers.command import gatelab
from helpers.tiny_lab import TINY, tiny_kit

ROOT = Path(__file__).resolve().parents[3]
FILES = [*ROOT.glob(f"assignment/*/{FILE}"), *TINY.glob(f"assignment/*/{FILE}")]
OPTIONS = "pip's options are not read here; write one package with its version, as in einops==0.8.2, on a line of its own."
OTHERWISE = "is not a name, == and one version, without blanks, * and +"
PLACE = "is an address or a path, and students and the grader get this file alone"
# What is at the end of the file → what is said of it, from its line on.
REFUSED = {
    "another file": ("-r more.txt", f"line 5: -r more.txt: {OPTIONS}"),
    "another file, attached": ("-rmore.txt", OPTIONS),
    "another file, in words": ("--requirement more.txt", OPTIONS),
    "an editable": ("-e .", OPTIONS),
    "an option of pip": ("--no-binary names", OPTIONS),
    "a hash": ("names==0.3.0 --hash=sha256:00", OPTIONS),
    "a continued line": ("names==0.3.0 \\\n --hash=sha256:00", "a line does not go on in the next one"),
    "a continued comment": ("names==0.3.0  # small \\\neinops==0.8.2", "a line does not go on in the next one"),
    "an address": ("https://example.org/names-0.3.0.tar.gz", PLACE),
    "an address of a name": ("names @ https://example.org/names.tar.gz", PLACE),
    "a repository": ("git+https://example.org/names.git", PLACE),
    "a path": ("./names", PLACE),
    "a path of Windows": (".\\names", PLACE),
    "no version": ("names", OTHERWISE),
    "a least version": ("names>=0.3", OTHERWISE),
    "two versions": ("names==0.3.0,!=0.4", OTHERWISE),
    "any of a version": ("names==0.3.*", OTHERWISE),
    "a build": ("names==0.3.0+cpu", OTHERWISE),
    "three signs": ("names===0.3.0", OTHERWISE),
    "no valid version": ("names==abc", "is not a package with its version"),
    "a marker that is none": ("names==0.3.0; linux", "is not a package with its version"),
    "a marker without an answer": (
        "names==0.3.0; sys_platform ~= 'linux'",
        "line 5: names==0.3.0; sys_platform ~= 'linux': no system can tell what is behind the ;",
    ),
    "a marker of lock files": ("names==0.3.0; 'a' in extras", "no system can tell what is behind the ;"),
    "words": ("names in version 0.3.0", "is not a package with its version"),
    "a comment without a blank": ("names==0.3.0# small", "a comment begins after a blank"),
    "a line end of pip's alone": ("# small\x0cnames==0.3.0", "pip begins another line"),
    "a package twice": ("names==0.3.0\n\nNames==0.2.0", "line 7: Names==0.2.0: line 5 names this package too"),
    "a name as it is imported": ("scikit_learn==1.9.1", "write scikit-learn==1.9.1."),
    "another version than the kit's": (
        "pyyaml==5.0",
        "line 5: pyyaml==5.0: the kit itself needs pyyaml==6.0.4 and grades with that version; write it here too.",
    ),
}  # fmt: skip


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return tiny_kit(tmp_path / "kit")


def file_of(kit: Path) -> Path:
    return kit / "assignment" / "softmax" / FILE


def refused(kit: Path, *sentences: str) -> None:
    for command in (["build", "--accept"], ["zip", "-o", kit / "dist"]):
        done = gatelab(*command, "--root", kit)
        said = " ".join(done.output.split())
        assert done.exit_code == 2 and "Traceback" not in said, said
        assert str(file_of(kit)) in said and all(sentence in said for sentence in sentences), said
    assert not (kit / "dist").exists() and not (kit / "release").exists()


@pytest.mark.parametrize("case", REFUSED)
def test_what_pip_or_start_would_read_otherwise_is_refused_by_build_and_zip(kit: Path, case: str) -> None:
    lines, sentence = REFUSED[case]
    with file_of(kit).open("a", encoding="utf-8") as file:
        file.write(f"{lines}\n")
    refused(kit, sentence)


@pytest.mark.parametrize(
    ("begin", "sentence"),
    [
        (b"\xef\xbb\xbf", "line 1: begins with a byte order mark"),
        (b"# \xfc\n", "is not UTF-8; save it as UTF-8."),
    ],
)
def test_another_encoding_is_refused(kit: Path, begin: bytes, sentence: str) -> None:
    file_of(kit).write_bytes(begin + file_of(kit).read_bytes())
    refused(kit, sentence)


def test_start_py_reads_the_same_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE
    path.write_bytes(
        b"# einops==0.1\r\n\r\n  Names==0.3.0  # 1 MB, 2 MB on the disk\nscikit-learn[alldeps]==1.9.1\n"
        b"pandas==3.1.1 ; sys_platform == 'none'\rtorch==2.13.0; python_version > '3'\n"
        b"tqdm==4.70.1; platform_version != 'a/b@c'"
    )
    found = read(path)
    assert [(pin.name, pin.version, pin.applies) for pin in found] == [
        ("names", "0.3.0", True), ("scikit-learn", "1.9.1", True), ("pandas", "3.1.1", False), ("torch", "2.13.0", True),
        ("tqdm", "4.70.1", True),
    ]  # fmt: skip
    monkeypatch.setattr(start, "HERE", str(tmp_path))
    assert start.read_pins() == {pin.name: pin.line for pin in found}


@pytest.mark.parametrize("path", FILES)
def test_the_labs_here_ask_for_what_can_be_read(path: Path) -> None:
    own = {pin.name: pin.version for pin in kit_pins()}
    assert all(own.get(pin.name, pin.version) == pin.version for pin in read(path))
    assert {"torch", "packaging"} <= set(own)
