"""A receipt is untrusted: whatever it contains, the result is one sentence, and a small file never costs much memory."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from gatelab.submission.receipt import NoReceipt, compare
from helpers.memory import measured

BOOK = b"a notebook"
OWN = hashlib.sha256(BOOK).hexdigest()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "ada.ipynb").write_bytes(BOOK)
    return tmp_path / "ada.ipynb"


def receipt(folder: Path, data: bytes | dict) -> Path:
    path = folder / "receipt.json"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return path


@pytest.mark.parametrize(
    "data",
    [
        {"sha256": OWN},  # of the oldest kind
        {"sha256": OWN, "unanswered": ["q1"], "unknown": ["q2"]},
        {"sha256": OWN, "kit": ["\x1b[2J"] * 900, "time": 5, "public": [1]},
        b'{"sha256": "%s", "kit": "\\ud800\\u202e\\n"}' % OWN.encode(),
        b'{"sha256": "%s", "kit": %s1%s}' % (OWN.encode(), b"[" * 500, b"]" * 500),
        b'{"sha256": 1, "sha256": "%s", "public": {"q1": ["passed"]}}' % OWN.encode(),
    ],
)
def test_a_matching_receipt_is_reported_in_one_printable_line(data: bytes | dict, book: Path) -> None:
    same, said = compare(receipt(book.parent, data), book)
    assert same and said.isprintable() and len(said) < 500


@pytest.mark.parametrize(
    "data",
    [b"", b"[1]", os.urandom(900), bytes(1 << 20), b"[" * 60_000, b'{"sha256": 5}', {"sha256": OWN.upper()}, {"sha256": OWN + "0"}],
)  # fmt: skip
def test_a_file_that_is_not_a_receipt_is_refused_in_a_sentence(data: bytes | dict, book: Path) -> None:
    with pytest.raises(NoReceipt, match=r"^\S+receipt.json: (this is not a receipt|it is larger than)"):
        compare(receipt(book.parent, data), book)


def test_a_notebook_that_a_browser_called_json_is_compared_as_one(book: Path) -> None:
    renamed = book.with_name("gus.json")
    renamed.write_bytes(b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')
    same, said = compare(
        receipt(book.parent, {"sha256": hashlib.sha256(renamed.read_bytes()).hexdigest()}), renamed
    )
    assert same and "gus.json is the notebook" in said


def test_a_folder_is_refused_as_one(book: Path) -> None:
    with pytest.raises(NoReceipt, match="it is a folder"):
        compare(book.parent, None)


def test_a_receipt_of_somebody_else_says_so(book: Path) -> None:
    same, said = compare(receipt(book.parent, {"sha256": "0" * 64}), book)
    assert not same and "is not the notebook of the receipt" in said


def test_a_pipe_and_a_device_are_not_read(book: Path) -> None:
    os.mkfifo(book.parent / "pipe.json")
    (book.parent / "zero.zip").symlink_to("/dev/zero")
    for name in ("pipe.json", "zero.zip"):
        with pytest.raises(NoReceipt, match="there is no such file"):
            compare(book.parent / name, book)


@pytest.mark.parametrize("says", [1, 50_000])
def test_a_list_of_countless_members_costs_no_memory(says: int, book: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("lab.ipynb", BOOK)
    whole = data.getvalue()
    at, end = whole.rfind(b"PK\1\2"), whole.rfind(b"PK\5\6")
    many = whole[at:end] * 50_000
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, says, says, len(many), at, 0)
    (book.parent / "ada.zip").write_bytes(whole[:at] + many + tail)
    with measured() as peak, pytest.raises(NoReceipt, match="more than 2,000 files"):
        compare(book.parent / "ada.zip", None)
    assert peak.bytes < 16 << 20  # an object of each: 26 MiB


@pytest.mark.parametrize(
    "files", [{"receipt.json": bytes(1 << 20)}, {"a/receipt.json": b"{}", "receipt.json": b"{}"}, {"x": b""}]
)
def test_a_zip_of_other_things_is_refused_in_a_sentence(files: dict[str, bytes], book: Path) -> None:
    with zipfile.ZipFile(book.parent / "ada.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    with pytest.raises(NoReceipt, match=r"ada.zip: (it holds (no|2) |receipt.json in it is larger)"):
        compare(book.parent / "ada.zip", None)
