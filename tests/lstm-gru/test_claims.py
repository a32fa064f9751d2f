"""Whatever notebooks, plan and rubric say about numbers held in every recorded run, from ten seeds at least."""

from __future__ import annotations

import functools
import math
import re
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "claims"
sys.path.insert(0, str(HERE))

import cells  # noqa: E402
import run  # noqa: E402

TABLE = tomllib.loads((HERE / "claims.toml").read_text(encoding="utf-8"))
CLAIMS = TABLE["claim"]
LEAST = 10  # runs of each notebook
WORDS = {
    "FRESH": ("RNN", "RNN, orthogonal", "GRU", "LSTM", "LSTM, forget bias 1"),
    "RNNS": ("RNN", "RNN, equal parameters", "RNN, 4 × the parameters"),
    "READERS": ("RNN", "RNN, equal parameters", "GRU", "LSTM"),
}
# Sentences about what was measured: these pieces of the files.
ABOUT_RUNS = re.compile(
    r"\*\*What did you see\?\*\*|<summary>What we saw|What these numbers say|BEGIN SOLUTION --|What the heat map shows|[Ii]n every recorded run|The sentence to leave with|A fresh LSTM loses"
)
QUANTITY = re.compile(
    r"\d\.\d|10\^|\d %|\b(half|twice|third|quarter|hundredth|times as|more than|fewer than|less than|faster|slower|better|worse|most of)\b"
)


def flat(text: str) -> str:
    """On one line, without the comment marks of a percent-format notebook."""
    return " ".join(re.sub(r"^# ?", "", text, flags=re.MULTILINE).split())


@functools.cache
def text_of(file: str) -> str:
    """A file's words; strings that Python joins are one."""
    return re.sub(r'" "', "", flat((cells.LAB / file).read_text(encoding="utf-8")))


def master_of(expression: str) -> str:
    """The notebook whose runs an expression asks."""
    (master,) = set(re.findall(r'k\(f?"(\w+)\.', expression))
    return master


@functools.cache
def recorded(master: str) -> list[dict]:
    """The recorded runs of a master's present code."""
    return run.current(master)


def fails(expression: str, values: dict[str, float]) -> bool:
    names = {"k": lambda key: values[key], "min": min, "max": max, "all": all, "abs": abs, "range": range}
    return not eval(f"({expression})", {"__builtins__": {}, **names, **WORDS})


def ids(rows: list[dict]) -> list[str]:
    return [f"{row['file']}: {row['says'][:50]}" for row in rows]


def test_words_that_are_only_shown_do_not_make_a_run_out_of_date():
    shown = 'print(f"right {share:.2f}", 3)\nplots.lines({"a": x}, "steps")\noutcomes_x = ["it fades", "it stays"]\nx = fit("RNN", 3)\n'
    left = 'print("", 3)\nplots.lines({"": x}, "")\noutcomes_x = ["", ""]\nx = fit("RNN", 3)\n'
    assert cells.without_words(shown) == left


@pytest.mark.parametrize("master", cells.MASTERS)
def test_the_record_is_of_the_present_notebooks_and_has_ten_runs_on_two_kinds_of_kernels(master):
    rows = recorded(master)
    assert len({row["seed"] for row in rows}) >= LEAST, (
        f"{master}: {len(rows)} runs of this code; run `make claims`"
    )
    assert len({row["kernels"] for row in rows}) >= 2
    assert all(row["machine"] and row["date"] and row["torch"] for row in rows)


@pytest.mark.parametrize("claim", CLAIMS, ids=ids(CLAIMS))
def test_the_claim_is_in_its_file_and_held_in_every_run(claim):
    assert flat(claim["says"]) in text_of(claim["file"])
    rows = recorded(master_of(claim["holds"]))
    assert [row["seed"] for row in rows if fails(claim["holds"], row["values"])] == []


@pytest.mark.parametrize("claim", TABLE["arithmetic"], ids=ids(TABLE["arithmetic"]))
def test_the_arithmetic_is_right(claim):
    assert flat(claim["says"]) in text_of(claim["file"])
    assert eval(claim["holds"], {"__builtins__": {}, "round": round, "math": math})


def test_a_claim_that_a_run_denies_fails():
    claim = next(row for row in CLAIMS if "it is right about as often as before" in row["says"])
    assert not fails(claim["holds"], {"lab.forget.least": 0.9, "lab.outcome.guess_forget": 2})
    assert fails(claim["holds"], {"lab.forget.least": 0.5, "lab.outcome.guess_forget": 2})
    assert fails(claim["holds"], {"lab.forget.least": 0.9, "lab.outcome.guess_forget": 1})


def pieces(file: str) -> list[str]:
    """The paragraphs that speak about what was measured, each on one line."""
    text = (cells.LAB / file).read_text(encoding="utf-8")
    blocks = re.split(r"^# %%.*$", text, flags=re.MULTILINE) if file.endswith(".py") else text.split("\n\n")
    return [flat(block) for block in blocks if ABOUT_RUNS.search(block)]


@pytest.mark.parametrize("file", ["lab.py", "demo.py", "practice.py", "RUBRIC.md", "LESSON_PLAN.md"])
def test_every_sentence_with_a_quantity_about_the_runs_is_a_claim(file):
    known = [flat(row["says"]) for kind in TABLE.values() for row in kind if row["file"] == file]
    loose = []
    for piece in pieces(file):
        for sentence in re.split(r"(?<=[.!:;]) (?=[A-Z*($])", piece):
            if QUANTITY.search(sentence) and not sentence.rstrip().endswith("?"):
                covered = any(part in sentence or sentence.strip() in part for part in known)
                if not covered:
                    loose.append(sentence)
    assert loose == []


FIGURES = re.compile(
    r"^ *plots\.(?!show|STYLES)(\w+)\((?:.(?!plots\.show))*.plots\.show\((.*?)\n? *\)\n", re.M | re.S
)


@pytest.mark.parametrize("master", cells.MASTERS)
def test_what_the_text_next_to_a_figure_says_of_a_run_is_tied_to_the_runs(master):
    """Whoever cannot see the figure has only these words."""
    source = (cells.LAB / f"{master}.py").read_text(encoding="utf-8")
    known = [flat(row["says"]) for row in CLAIMS if row["file"] == f"{master}.py"]
    texts = [re.sub(r'" "', "", flat(words)) for _, words in FIGURES.findall(source)]
    assert len(texts) >= 4
    by_hand = ("One LSTM unit", "Heat map of one", "The units are those whose forget gate changes most")
    assert [
        text
        for text in texts
        if not any(part in text for part in known) and not any(part in text for part in by_hand)
    ] == []


@pytest.mark.parametrize("master", cells.MASTERS)
def test_the_option_that_came_true_in_every_run_is_tied_to_the_numbers(master):
    """A notebook's statement of what "happened" is a separate sentence."""
    known = [flat(row["says"]) for row in CLAIMS if row["file"] == f"{master}.py"]
    for name, options in options_of(master).items():
        came_true = {options[int(row["values"][f"{master}.outcome.{name}"])] for row in recorded(master)}
        if name != "guess_exposure":  # with "At the first position both read `BOS`"
            assert came_true <= set(known), name


def test_claims_of_scatter_hold():
    """ "differs by powers of ten from seed to seed"; "in most of our runs it falls to nothing, in a few it stays up"."""
    trained = [row["values"]["demo.back.trained.RNN.200"] for row in recorded("demo")]
    fallen = sum(share < 1e-10 for share in trained)
    assert len(trained) / 2 < fallen < len(trained) and max(trained) > 1e-3
    shares = [row["values"]["lab.back.RNN, many steps.20"] for row in recorded("lab")]
    assert shares and max(shares) > 100 * min(shares)


@pytest.mark.parametrize("master", cells.MASTERS)
def test_every_prediction_had_one_of_its_options_as_its_outcome(master):
    for row in recorded(master):
        outcomes = {key: value for key, value in row["values"].items() if ".outcome." in key}
        assert outcomes and -1 not in outcomes.values(), row["seed"]


@pytest.mark.parametrize("master", cells.MASTERS)
def test_the_length_of_an_option_does_not_give_away_the_true_one(master):
    """In no prediction is the right option the longest."""
    for name, options in options_of(master).items():
        for row in recorded(master):
            right = options[int(row["values"][f"{master}.outcome.{name}"])]
            assert len(right) < max(map(len, options)), (name, right)


def options_of(master: str) -> dict[str, list[str]]:
    """Name of a prediction → its options, as the notebook writes them."""
    text = (cells.LAB / f"{master}.py").read_text(encoding="utf-8")
    found = {}
    for name, arguments in re.findall(
        r"^(guess_\w+) = predict\.predict\((.*?)\n?\)$", text, re.MULTILINE | re.DOTALL
    ):
        listed = re.search(r"\[(.*)\]", arguments, re.DOTALL)
        if listed is None:
            variable = re.findall(r"(\w+),?\s*$", arguments)[0]
            listed = re.search(rf"^{variable} = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
        found[name] = re.findall(r'^\s*"(.*)",$', listed[1], re.MULTILINE)
    return found


def test_the_options_are_found():
    assert {len(options_of(master)) for master in cells.MASTERS} <= {3, 4, 5, 6}
    assert all(len(options) >= 3 for master in cells.MASTERS for options in options_of(master).values())


def test_the_lab_draws_the_recorded_runs():
    """recorded.json, which students get, is made from the record."""
    import json

    steps = json.loads((cells.LAB / "seqlab" / "recorded.json").read_text(encoding="utf-8"))["steps"]
    runs = list({row["seed"]: row["values"] for row in recorded("lab")}.values())
    for name, by_length in steps.items():
        for T, counts in by_length.items():
            keys = [f"lab.steps.{name}.{T}.{which}" for which in ("least", "median", "most")]
            assert counts == sorted(int(values[key]) for values in runs for key in keys)
