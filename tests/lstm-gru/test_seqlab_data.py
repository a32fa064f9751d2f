"""The lab's data: do digits, names and reviews come from installed packages or from the kit, cut as their cards say?"""

from __future__ import annotations

import ast
import re
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"))

from seqlab import digits, firstnames, sentiment

ROOT = Path(__file__).resolve().parents[2]
LAB = ROOT / "assignment" / "lstm-gru"
MODULES = {"digits": digits, "firstnames": firstnames, "sentiment": sentiment}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def fail(*_):
        raise AssertionError("data must not be downloaded")

    monkeypatch.setattr(socket.socket, "connect", fail)


@pytest.mark.parametrize("name", MODULES)
def test_every_set_has_a_card(name):
    card = MODULES[name].__doc__.split("Data card.")[1]
    for word in ("Source:", "icence", "Size:", "Cut:"):
        assert word in card, word


def test_what_the_data_come_from_is_pinned_for_students_and_staff():
    wanted = {"scikit-learn==1.9.1", "names==0.3.0"}
    assert wanted <= set((ROOT / "constraints.txt").read_text(encoding="utf-8").split())
    assert wanted <= set((LAB / "requirements.txt").read_text(encoding="utf-8").split())


def test_importing_seqlab_needs_neither_package():
    """Only loading the data does: a student without them can still answer every question."""
    for name in ("digits", "firstnames"):
        tree = ast.parse((LAB / "seqlab" / f"{name}.py").read_text(encoding="utf-8"))
        top = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        assert not top & {"sklearn", "names"}


@pytest.mark.parametrize(
    ("module", "load", "missing"),
    [(digits, digits.by_row, "sklearn.datasets"), (firstnames, firstnames.load, "names")],
)
def test_a_missing_package_is_named_with_the_command_that_brings_it(module, load, missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"not installed: python -m pip install -r requirements\.txt"):
        load()


def test_digits_are_the_same_images_in_both_readings():
    pixels, rows = digits.by_pixel(), digits.by_row()
    assert (pixels.steps, pixels.size, rows.steps, rows.size) == (64, 1, 8, 8)
    for one, other in ((pixels.train, rows.train), (pixels.test, rows.test)):
        assert torch.equal(one.x.reshape(-1, 8, 8), other.x) and torch.equal(one.y, other.y)
    assert len(pixels.train.y) == 1437 and len(pixels.test.y) == 360
    everything = torch.cat([pixels.train.y, pixels.test.y]).bincount()
    assert everything.min() == 174 and everything.max() == 183
    assert pixels.train.x.min() == -1 and pixels.train.x.max() == 1


def test_no_test_image_is_trained_on():
    rows = digits.by_row()
    seen = {tuple(image.flatten().tolist()) for image in rows.train.x}
    assert not [1 for image in rows.test.x if tuple(image.flatten().tolist()) in seen]


def test_a_reader_learns_digits_by_row():
    torch.manual_seed(0)
    data = digits.by_row()
    reader = digits.Reader(torch.nn.LSTM(8, 32, batch_first=True))
    before = digits.accuracy(reader, data.test)
    digits.train(reader, data, seed=0, epochs=4)
    assert digits.accuracy(reader, data.test) > max(0.6, before)


def test_names_are_those_of_the_card_and_no_test_name_is_trained_on():
    names = firstnames.load()
    assert len(names.train) + len(names.test) == 5163 and len(names.test) == 516
    assert not set(names.train) & set(names.test)
    assert all(re.fullmatch("[a-z]+", name) for name in names.train + names.test)
    assert firstnames.load() == names


def test_coded_names_read_one_letter_late_and_end():
    reads, says = firstnames.coded(["ann", "jo"])
    assert reads.tolist() == [[0, 1, 14, 14], [0, 10, 15, 0]]
    assert says.tolist() == [[1, 14, 14, 0], [10, 15, 0, -100]]
    assert firstnames.text(says[0]) == "ann"


def test_reviews_are_the_same_from_the_same_seed_and_half_of_them_friendly():
    made = sentiment.made(600, seed=3)
    assert made == sentiment.made(600, seed=3) != sentiment.made(600, seed=4)
    assert 0.42 < sum(made.labels) / 600 < 0.58


def test_the_words_alone_do_not_give_away_a_reviews_label():
    """The best guess from the set of a review's words, learned from 4,000 others, is hardly better than a coin."""
    train, test = sentiment.made(4000, seed=1), sentiment.made(1000, seed=2)
    weight: Counter[str] = Counter()
    for sentence, label in zip(train.sentences, train.labels, strict=True):
        weight.update(dict.fromkeys(set(sentence), 2 * label - 1))
    right = [
        (sum(weight[word] for word in set(s)) > 0) == bool(label)
        for s, label in zip(test.sentences, test.labels, strict=True)
    ]
    assert sum(right) / len(right) < 0.65


def friendly(sentence: str) -> bool:
    """A second parser of the grammar: which half of the sentence counts, and whether its word is negated."""
    sentence = sentence.removesuffix(" ")
    if sentence.startswith("although "):
        sentence = sentence.split(" , ")[1]
    for word in ("but", "until"):
        if f" , {word} " in sentence:
            sentence = sentence.split(f" , {word} ")[1]
    sentence = sentence.split(" , although ")[0]
    words = sentence.split()
    good = bool(set(words) & set(sentiment.GOOD))
    return good != bool(set(words) & set(sentiment.TURNS))


def test_every_label_follows_from_the_order_of_the_words():
    made = sentiment.made(800, seed=5)
    for sentence, label in zip(made.sentences, made.labels, strict=True):
        assert friendly(" ".join(sentence)) == bool(label), sentence
    kinds = " ".join(" ".join(sentence) for sentence in made.sentences)
    assert all(word in kinds for word in ("not", "at all", ", but", ", until", "although", "very"))


def test_your_own_file_is_read(tmp_path):
    path = tmp_path / "reviews.tsv"
    path.write_bytes("\ufeff1\tFine, it works!\r\n\r\n0\t(Broken) \u2026 again\n".encode())
    own = sentiment.read(path)
    assert own.labels == (1, 0)
    assert own.sentences[0] == ("fine", ",", "it", "works", "!")
    assert own.sentences[1][:3] == ("(", "broken", ")")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1\tfine\nbad one\n", "line 2: expected 0 or 1, a tab and a sentence, got 'bad one'"),
        (b"2\tfine\n", "line 1: expected 0 or 1"),
        (b"1\t \n", "line 1: expected 0 or 1"),
        (b"\n\n", "no sentence in this file"),
        (b"1\t\xff\xfe\n", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_with_its_line(tmp_path, content, said):
    path = tmp_path / "mine.tsv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        sentiment.read(path)
    assert "mine.tsv" in str(caught.value)


def test_words_never_seen_are_unknown_and_rows_are_padded():
    words = sentiment.Vocabulary(sentiment.Reviews((("not", "bad"),), (1,)))
    tokens, lengths = words.coded([("not", "bad"), ("zebra",)])
    assert tokens.tolist() == [[2, 3], [sentiment.UNKNOWN, sentiment.PAD]] and lengths.tolist() == [2, 1]
    assert len(words) == 4
