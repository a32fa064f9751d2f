"""Sizes as one argument of a test, with the IDs that pytest would give separate numbers."""

import pytest

from gatelab.testkit import each_size

pytest_plugins = ["pytester"]

SUITE = """
import pytest
from gatelab.testkit import each_size

@each_size([(3, 4, 5), (1, 6, 4)])
def test_one(size):
    pass

@pytest.mark.parametrize(("N", "D", "H"), [(3, 4, 5), (1, 6, 4)])
def test_three(N, D, H):
    pass
"""


def test_tests_have_the_ids_that_separate_arguments_would_give_them(pytester):
    """The inputs of a test are drawn from its ID."""
    pytester.makepyfile(SUITE)
    items, _ = pytester.inline_genitems()
    one, three = (
        [item.name.partition("[")[2] for item in items if word in item.name] for word in ("one", "three")
    )
    assert one == three == ["3-4-5]", "1-6-4]"]


def test_a_test_takes_its_size_as_a_tuple():
    (names, values), ids = each_size([(2, 1)]).args, each_size([(2, 1)]).kwargs["ids"]
    assert (names, values, ids) == ("size", [(2, 1)], ["2-1"])
    assert isinstance(each_size([(2, 1)]), pytest.MarkDecorator)
