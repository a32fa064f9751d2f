"""Real files of other kinds that have a notebook's name are refused as what they are."""

from __future__ import annotations

import io
import zipfile

import pytest

from gatelab.submission.notebook import Ungradable, parse


def a_zip() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zip:
        zip.writestr("lab.ipynb", bytes(range(256)) * 20)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (a_zip(), "it is a zip"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "it is a PDF"),
        ("<!DOCTYPE html><title>Übung</title>".encode("latin-1"), "it is a web page"),
    ],
    ids=["zip", "pdf", "web page in Latin-1"],
)
def test_a_binary_file_is_called_by_its_kind(data: bytes, said: str) -> None:
    with pytest.raises(Ungradable) as refused:
        parse(data, "ada.ipynb")
    assert str(refused.value) == (
        f"ada.ipynb: this is not a readable notebook ({said}); save the notebook in Jupyter and hand in the .ipynb file."
    )
