"""Is exactly one notebook taken out of whatever was handed in, and is everything else named for what it is?"""

import os
import struct
import zipfile

import pytest

from gatelab.integrations.otter.intake import take_in
from helpers.memory import measured
from helpers.tiny_lab import tiny_lab_here

LAB = tiny_lab_here()


@pytest.fixture
def private(tmp_path):
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "submission"
    folder.mkdir()
    return folder


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zip:
        for name, data in members:
            zip.writestr(name, data)
    return path


def test_a_notebook_is_copied_under_its_own_name(handed_in, private):
    (handed_in / "my lab.ipynb").write_bytes(b"{}")
    intake = take_in(handed_in / "my lab.ipynb", private, LAB)
    assert (intake.name, intake.notebook, intake.reason) == ("my lab.ipynb", private / "my lab.ipynb", "")
    assert intake.notebook.read_bytes() == b"{}"


@pytest.mark.parametrize(
    "names",
    [
        ["lab.ipynb", "softmax_lab/tasks.py", ".OTTER_LOG", "torch.py", "tests", "__init__.py"],
        ["week 5/lab.ipynb", "week 5/softmax_lab/plots.py"],
        ["lab.ipynb", "old/lab.ipynb", ".ipynb_checkpoints/lab-checkpoint.ipynb", "__MACOSX/._lab.ipynb"],
        ["lab.ipynb", "._lab.ipynb"],
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_one_notebook_is_found_among_other_files(handed_in, private, names, packed, tmp_path):
    for name in names:
        (handed_in / name).parent.mkdir(parents=True, exist_ok=True)
        (handed_in / name).write_text(name)
    if packed:
        handed_in = archive(tmp_path / "lab.zip", [(name, name) for name in names])
    intake = take_in(handed_in, private, LAB)
    assert intake.notebook.read_text() == names[0]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], "No notebook was handed in: hand in lab.ipynb."),
        (["lab.py"], "No notebook was handed in, only lab.py: hand in lab.ipynb."),
    ],
)
def test_a_missing_notebook_gets_one_sentence(handed_in, private, names, reason):
    for name in names:
        (handed_in / name).write_text("{}")
    intake = take_in(handed_in, private, LAB)
    assert (intake.notebook, intake.reason) == (None, reason)


def test_a_member_without_a_name_costs_the_notebook_next_to_it_nothing(private, tmp_path):
    packed = archive(tmp_path / "lab.zip", [("lab.ipynb", "{}"), ("X", "x")])
    packed.write_bytes(_without_name(packed.read_bytes()))
    intake = take_in(packed, private, LAB)
    assert (intake.reason, intake.notebook.read_text()) == ("", "{}")


def _without_name(data):
    """The archive with a NUL, at which names end, for the first letter of X."""
    assert data.count(b"X") == 2
    return data.replace(b"X", b"\0")


def test_links_are_not_followed(handed_in, private, tmp_path):
    (tmp_path / "secret.ipynb").write_text("{}")
    (handed_in / "lab.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert "lab.ipynb is a link" in take_in(handed_in, private, LAB).reason
    assert "lab.ipynb is a link" in take_in(handed_in / "lab.ipynb", private, LAB).reason


def test_a_pipe_does_not_hold_the_grader_up(handed_in, private):
    os.mkfifo(handed_in / "lab.ipynb")
    assert "not an ordinary file" in take_in(handed_in, private, LAB).reason


def test_an_archives_names_lead_nowhere(tmp_path, private):
    zip = archive(tmp_path / "x.zip", [("../../up.ipynb", "up"), ("/etc/cron.d/job", "job")])
    intake = take_in(zip, private, LAB)
    assert intake.notebook == private / "up.ipynb"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["private", "x.zip"]


def test_an_expanding_archive_is_read_only_up_to_the_size_limit_of_a_notebook(tmp_path, private, monkeypatch):
    monkeypatch.setattr("gatelab.integrations.otter.intake.FILE_LIMIT", 2**20)
    zip = archive(tmp_path / "x.zip", [("lab.ipynb", b"0" * 2**24)])
    assert "larger than 1 MiB" in take_in(zip, private, LAB).reason
    assert list(private.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not really", bytes(1000)])
def test_a_damaged_archive_gets_one_sentence(tmp_path, private, damage):
    (tmp_path / "x.zip").write_bytes(damage)
    assert "x.zip cannot be unpacked" in take_in(tmp_path / "x.zip", private, LAB).reason


def test_damage_inside_an_archive_gets_one_sentence(tmp_path, private):
    data = bytearray(archive(tmp_path / "x.zip", [("lab.ipynb", bytes(range(256)) * 100)]).read_bytes())
    data[60:80] = bytes(20)
    (tmp_path / "x.zip").write_bytes(data)
    assert "x.zip cannot be unpacked" in take_in(tmp_path / "x.zip", private, LAB).reason


def test_a_name_no_file_can_have_is_replaced(tmp_path, private):
    zip = archive(tmp_path / "x.zip", [("n" * 300 + ".ipynb", "long")])
    intake = take_in(zip, private, LAB)
    assert intake.notebook == private / "lab.ipynb"
    assert len(intake.name) <= 60


@pytest.mark.parametrize("says", [1, 60_000])
def test_a_list_of_countless_members_is_refused_before_it_costs_memory(handed_in, private, says):
    whole = archive(handed_in / "lab.zip", [("lab.ipynb", "{}")]).read_bytes()
    at, end = whole.rfind(b"PK\1\2"), whole.rfind(b"PK\5\6")
    many = whole[at:end] * 180_000
    (handed_in / "lab.zip").write_bytes(
        whole[:at] + many + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, says, says, len(many), at, 0)
    )
    with measured() as peak:
        intake = take_in(handed_in / "lab.zip", private, LAB)
    assert intake.reason == "lab.zip holds more than 20,000 files: hand in lab.ipynb alone."
    assert peak.bytes < 32 << 20  # an object of each: 90 MiB
