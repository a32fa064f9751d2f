"""Checks that a chaff loses the same parts whatever inputs are drawn. If a part is lost only with some seeds, it is a matter of chance.

Chaff is staff's own code, so it is graded without confinement, in processes that load torch once. Its mistake is not named.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Annotated

from gatelab.audit.bank_lists import SAYS_SOMETHING, table
from gatelab.audit.result_cache import ResultCache, stamp
from gatelab.lab.bank import Chaff
from gatelab.lab.keys import MustBe, validated_value
from gatelab.lab.spec import Lab, LabError
from gatelab.report.record.model import Kind

Lost = Counter[tuple[str, ...]]  # parts lost → at how many seeds


def lost_at(lab: Lab, chaff: Chaff, seeds: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Seed → the parts of its own question that a chaff loses. Parts that train are not run."""
    import torch

    from gatelab.grading.examiner import run_suites
    from gatelab.grading.plugin import LocalWorkers
    from gatelab.grading.verdicts import Grading
    from gatelab.sandbox.worker.devices import seed_cpu_only

    torch.set_num_threads(1)
    seed_cpu_only()
    found = {}
    for seed in seeds:
        grading = Grading(lab, seed, LocalWorkers(lab, [chaff.source]), None, messages=False)
        run_suites(lab, grading, [chaff.question], training=False)
        parts = grading.finished[chaff.question].parts
        found[seed] = tuple(part.name for part in parts if not part.passed and part.kind is not Kind.NOT_RUN)
    return found


def lost_over_seeds(
    lab: Lab,
    chaffs: Iterable[Chaff],
    seeds: Iterable[int],
    jobs: int,
    progress: Callable[[str], None] = lambda line: None,
    cache: ResultCache | None = None,
) -> dict[str, Lost]:
    """`lost_at` for many chaffs, `jobs` at once: key → what it lost, in the order of the bank.

    Results that `cache` has from an earlier run are not computed again.
    """
    chaffs, seeds, cache = list(chaffs), list(seeds), cache or ResultCache(None)
    stamps = {id: stamp(lab, id) for id in {chaff.question for chaff in chaffs}}

    def of(chaff: Chaff, seed: int) -> tuple[str, str, int]:
        return chaff.source, stamps[chaff.question], seed

    found: dict[str, Lost] = {chaff.key: Counter() for chaff in chaffs}
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {}
        for chaff in chaffs:
            before = {seed: cache.find(*of(chaff, seed)) for seed in seeds}
            found[chaff.key].update(tuple(lost) for lost in before.values() if lost is not None)
            if missing := [seed for seed, lost in before.items() if lost is None]:
                waiting[pool.submit(lost_at, lab, chaff, missing)] = chaff
        for done in as_completed(waiting):
            chaff = waiting[done]
            for seed, lost in done.result().items():
                cache.keep(lost, *of(chaff, seed))
                found[chaff.key][lost] += 1
            progress(f"{chaff.key} at {len(seeds)} seeds")
    return found


def unstable(by_seed: dict[str, Lost], listed: dict[str, str]) -> list[str]:
    """One sentence for each unlisted chaff whose failed parts differ, and for each listed one whose parts do not."""
    found = []
    for key, lost in by_seed.items():
        if len(lost) > 1 and key not in listed:
            kinds = "; ".join(f"{', '.join(parts) or 'nothing'} at {n}" for parts, n in lost.most_common())
            found.append(f"chaff {key} loses other parts at other seeds: {kinds}")
        elif len(lost) == 1 and key in listed:
            found.append(f"chaff {key} is listed in {LIST}, but it loses the same parts at every seed")
    return found


LIST = "chaff/unstable.toml"
Why = Annotated[str, SAYS_SOMETHING, MustBe('its reason in quotes, as in "q1/slip" = "Where the drawn …"')]


def listed(lab: Lab) -> dict[str, str]:
    """The chaffs that may fail different parts at different seeds, each with the reason. Raises LabError."""
    path, rows = table(lab, LIST)
    try:
        return {key: validated_value(Why, why, str(path), key) for key, why in rows.items()}
    except ValueError as error:
        raise LabError(str(error)) from error
