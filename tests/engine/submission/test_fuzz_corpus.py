"""The fuzzer's corpus (tests/fuzz, `make fuzz`): no reader of untrusted bytes fails on any of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz import TARGETS, targets

CORPUS = Path(targets.__file__).parent / "corpus"


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_of_the_corpus_and_no_seed_makes_a_reader_fail(name: str) -> None:
    feed, seeds = targets.target(name)
    kept = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    assert len(kept) >= 10
    for data in [*kept, *seeds(), b""]:
        feed(data)


def test_a_reader_that_fails_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes, name: str) -> None:
        raise KeyError("cells")

    monkeypatch.setattr(targets, "parse", broken)
    with pytest.raises(KeyError):
        targets.fuzz_notebook(b"{}")
