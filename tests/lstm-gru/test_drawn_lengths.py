"""The lengths that the suites draw hide no mistake of who sorts a batch, whatever the seed."""

from __future__ import annotations

import importlib.util

import pytest
import torch

from gatelab.lab.spec import Lab
from gatelab.testkit.draw import Draw


@pytest.fixture(scope="module")
def unsorted_lengths(lab: Lab):
    spec = importlib.util.spec_from_file_location("twins_of_the_suites", lab.hidden / "twins.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.unsorted_lengths


# Sizes of q6, q7, q8, q10 and q11 with four sequences or more; in the last there are ties.
@pytest.mark.parametrize(("n", "longest"), [(5, 7), (6, 8), (4, 5), (6, 5)])
def test_a_batch_that_is_sorted_and_not_restored_or_restored_by_the_same_order_is_wrong(
    unsorted_lengths, n, longest
):
    for seed in range(200):
        lengths = unsorted_lengths(Draw(seed, "lengths"), n, longest)
        assert int(lengths.min()) == 1 and int(lengths.max()) == longest
        for down in (False, True):
            order = lengths.argsort(descending=down, stable=True)
            assert not torch.equal(lengths[order], lengths), (seed, lengths)
            assert not torch.equal(lengths[order][order], lengths), (seed, lengths)
            assert torch.equal(lengths[order][order.argsort()], lengths)
