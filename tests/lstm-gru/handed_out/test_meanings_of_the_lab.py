"""What common exceptions mean in this lab is said in its words."""

from __future__ import annotations

import pytest

from gatelab.handed_out.checking.plain import TUPLE, meaning
from helpers.common_errors import MISTAKES, raised

pytestmark = pytest.mark.usefixtures("kit_terms")

PACKED = (
    "`pack_padded_sequence` is for PyTorch's own layers; a layer of the notebook takes the padded tensor (N, T, D). "
    "Give it that, and take each sequence's state at its own last step."
)
PAIRS = f"{TUPLE} A recurrent layer, for one, returns two things: `outputs, state = layer(x)`."
NO_ROW = "An embedding (or `index_select`) was given a token or an index that it has no row for. Which ones go in, and how many rows are there?"
STATE = "A recurrent layer takes an input of shape (N, T, D), with T = 1 for a single step, and optionally a state in the form in which it returns one."
WHOLE = "Tokens and indices must be int64; this tensor has another dtype."


@pytest.mark.parametrize(
    ("about", "means"),
    [
        ("packed", PACKED),
        ("packed, method", PACKED),
        ("tuple for tensor", PAIRS),
        ("tuple has no", PAIRS),
        ("token too large", NO_ROW),
        ("lstm state", STATE),
        ("float tokens", WHOLE),
    ],
)
def test_its_meaning_is_explained_in_the_labs_words(about: str, means: str) -> None:
    error = raised(MISTAKES[about])
    assert meaning(error["type"], error["message"]) == means, error
