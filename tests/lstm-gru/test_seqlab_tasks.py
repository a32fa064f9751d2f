"""The tasks: is every batch what its task promises, and the same for the same seed?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"))

from seqlab import tasks

torch.set_num_threads(1)

quick = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**40)


@st.composite
def store_tasks(draw):
    T = draw(st.integers(4, 90))
    return tasks.StoreTask(
        K=draw(st.integers(2, 12)),
        T=T,
        shortest=draw(st.integers(4, T)),
        p=draw(st.floats(0, 1)),
    )


def last_store(tokens: list[int], K: int) -> int:
    """Step of the last symbol stored among these tokens, found by reading them backwards."""
    return max(t for t, token in enumerate(tokens) if token >= K)


@quick
@given(store_tasks(), st.sampled_from(tasks.STRATA), st.integers(1, 20), seeds)
def test_every_sequence_is_what_its_stratum_promises(task, stratum, n, seed):
    batch = task.stratum(stratum, n, seed)
    assert batch.tokens.shape == (n, task.T) and batch.tokens.dtype == torch.int64
    assert batch.lengths.shape == batch.labels.shape == (n,) and len(batch) == n
    assert int(batch.tokens.min()) >= 0 and int(batch.tokens.max()) < task.vocab_size
    for tokens, L, label in zip(
        batch.tokens.tolist(), batch.lengths.tolist(), batch.labels.tolist(), strict=True
    ):
        assert task.shortest <= L <= task.T
        last = last_store(tokens[:L], task.K)
        assert label == tokens[last] - task.K  # the label is the last symbol stored in the valid part
        if stratum == "long":
            assert L >= 0.9 * task.T and last < L / 5
        if stratum == "over":
            assert 0.4 * L <= last <= 0.6 * L
            assert any(token >= task.K and token - task.K != label for token in tokens[:last])
        if stratum == "edge":
            assert last == L - 1


@quick
@given(store_tasks(), st.integers(1, 10), seeds, st.data())
def test_a_delay_is_kept_exactly(task, n, seed, data):
    delay = data.draw(st.integers(0, task.T - 1))
    batch = task.delayed(delay, n, seed)
    for tokens, L in zip(batch.tokens.tolist(), batch.lengths.tolist(), strict=True):
        assert last_store(tokens[:L], task.K) == L - 1 - delay


@quick
@given(store_tasks(), st.sampled_from(tasks.STRATA), st.integers(1, 10), seeds)
def test_the_same_seed_gives_the_same_batch(task, stratum, n, seed):
    one, two = task.stratum(stratum, n, seed), task.stratum(stratum, n, seed)
    assert all(
        torch.equal(a, b) for a, b in zip((*one.inputs, one.labels), (*two.inputs, two.labels), strict=True)
    )


def test_the_distribution_is_the_one_described():
    task = tasks.StoreTask()
    batch = task.batch(20_000, 0)
    steps = torch.arange(task.T)
    valid = steps < batch.lengths[:, None]
    store = batch.tokens >= task.K
    lengths = batch.lengths.double()
    assert abs(lengths.mean() - (task.shortest + task.T) / 2) < 0.5
    last = (store & valid).double().mul(steps + 1).argmax(1)
    assert abs((last / lengths).mean() - 0.49) < 0.02  # uniform on [0, L)
    before = steps < last[:, None]
    assert abs((store & before).sum() / before.sum() - task.p) < 0.005
    assert not (store & valid & (steps > last[:, None])).any()
    assert abs(store[~valid].double().mean() - 0.5) < 0.01  # the padding holds stores too
    assert torch.bincount(batch.labels, minlength=task.K).min() > 0.9 * 20_000 / task.K


def test_a_generator_goes_on_and_an_int_does_not():
    stream = tasks.generator(3)
    one, two = tasks.STORE.batch(8, stream), tasks.STORE.batch(8, stream)
    assert not torch.equal(one.tokens, two.tokens)
    assert torch.equal(tasks.STORE.batch(8, tasks.generator(3)).tokens, one.tokens)


def test_the_global_random_state_is_left_alone():
    torch.manual_seed(5)
    want = torch.rand(3)
    torch.manual_seed(5)
    tasks.STORE.batch(4, 1)
    tasks.REVERSE.batch(4, 1)
    assert torch.equal(torch.rand(3), want)


@quick
@given(seeds, seeds)
def test_domains_and_seeds_give_streams_of_their_own(seed, other):
    names = {(seed, "train"), (seed, "test"), (seed, "check"), (other, "train")}
    assert len({tasks.generator(*name).initial_seed() for name in names}) == len(names)


@pytest.mark.parametrize("wrong", [{"T": 9}, {"shortest": 3}, {"K": 1}, {"T": 20, "shortest": 21}])
def test_impossible_tasks_are_refused(wrong):
    with pytest.raises(ValueError, match=r"shortest is|K is"):
        tasks.StoreTask(**wrong)


def test_unknown_strata_and_delays_are_refused():
    with pytest.raises(ValueError, match="long, over, edge, iid"):
        tasks.STORE.stratum("short", 1, 0)
    with pytest.raises(ValueError, match="between 0 and T − 1"):
        tasks.STORE.delayed(tasks.STORE.T, 1, 0)


def test_the_text_marks_what_to_store_and_the_end():
    assert tasks.StoreTask(K=3, T=5, shortest=4).text(torch.tensor([0, 4, 2, 1, 5]), 4) == ".B..|C"


# --- reversed digits ---------------------------------------------------------------------------------------------


@st.composite
def reverse_tasks(draw):
    longest = draw(st.integers(1, 15))
    return tasks.ReverseTask(
        digits=draw(st.integers(1, 10)), shortest=draw(st.integers(1, longest)), longest=longest
    )


@quick
@given(reverse_tasks(), st.integers(1, 20), seeds)
def test_targets_are_the_digits_backwards(task, n, seed):
    pairs = task.batch(n, seed)
    assert pairs.source.shape == (n, task.longest) and pairs.targets.shape == (n, task.max_len)
    assert len(pairs) == n
    for source, length, target in zip(
        pairs.source.tolist(), pairs.source_lengths.tolist(), pairs.targets.tolist(), strict=True
    ):
        assert task.shortest <= length <= task.longest
        digits = source[:length]
        assert all(task.FIRST <= token < task.vocab_size for token in digits)
        assert source[length:] == [task.PAD] * (task.longest - length)
        assert target == [*reversed(digits), task.EOS] + [task.PAD] * (task.longest - length)


@quick
@given(reverse_tasks(), st.integers(1, 10), seeds, st.data())
def test_pairs_of_one_length_are_the_same_for_the_same_seed(task, n, seed, data):
    length = data.draw(st.integers(task.shortest, task.longest))
    one, two = task.of_length(length, n, seed), task.of_length(length, n, seed)
    assert (one.source_lengths == length).all()
    assert torch.equal(one.source, two.source) and torch.equal(one.targets, two.targets)


def test_every_length_is_equally_likely():
    counts = torch.bincount(tasks.REVERSE.batch(10_000, 0).source_lengths)[tasks.REVERSE.shortest :]
    assert len(counts) == tasks.REVERSE.longest - tasks.REVERSE.shortest + 1
    assert counts.min() > 0.9 * counts.double().mean()


@quick
@given(st.lists(st.text("0123456789", min_size=3, max_size=7), min_size=1, max_size=5))
def test_strings_go_in_and_come_out(strings):
    pairs = tasks.REVERSE.encode(*strings)
    assert [tasks.REVERSE.text(row) for row in pairs.source] == strings
    assert [tasks.REVERSE.text(row) for row in pairs.targets] == [string[::-1] for string in strings]


@pytest.mark.parametrize("wrong", ["12", "12345678", "12a", "1٣4"])
def test_strings_outside_the_task_are_refused(wrong):
    with pytest.raises(ValueError, match=r"digits"):
        tasks.REVERSE.encode(wrong)
    with pytest.raises(ValueError, match="length is"):
        tasks.REVERSE.of_length(99, 1, 0)


def test_inputs_hold_no_labels():
    batch, pairs = tasks.STORE.batch(2, 0), tasks.REVERSE.batch(2, 0)
    assert len(batch.inputs) == len(pairs.inputs) == 2
    assert batch.inputs[0] is batch.tokens and batch.inputs[1] is batch.lengths
    assert pairs.inputs[0] is pairs.source and pairs.inputs[1] is pairs.source_lengths
