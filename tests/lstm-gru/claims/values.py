"""What a run of a notebook measured: the numbers that its sentences are about, by key.

Every function takes the names that the notebook's cells left behind and returns key → number. A prediction's outcome is the position
of the option that held, −1 where none did.
"""

from __future__ import annotations

from typing import Any

Names = dict[str, Any]
Values = dict[str, float]


def of(master: str, names: Names) -> Values:
    """All values of a master's run."""
    found = {"lab": lab, "demo": demo, "practice": practice}[master](names)
    for name, guess in names.items():
        if name.startswith("guess_"):
            outcome = guess.options.index(guess.outcome) if guess.outcome in guess.options else -1
            found[f"{master}.outcome.{name}"] = outcome
    return {
        key: round(float(value), 4) if abs(value) > 1e-3 else float(f"{value:.2e}")
        for key, value in found.items()
    }


def _steps(master: str, needed: dict[str, dict[int, list[int]]]) -> Values:
    """Training steps from three seeds: the least, the median, the most."""
    return {
        f"{master}.steps.{name}.{T}.{which}": count
        for name, by_length in needed.items()
        for T, steps in by_length.items()
        for which, count in zip(("least", "median", "most"), sorted(steps), strict=True)
    }


def lab(n: Names) -> Values:
    found: Values = {}
    for (name, T), factor in n["a_step"].items():
        found[f"lab.fresh.{name}.{T}"] = factor
    for name, gain in n["fresh_gain"].items():
        found[f"lab.bias.{name}"] = gain
    for kind, score in n["own_scores"].items():
        found[f"lab.own.{kind}"] = score
    inside, letter = n["inside"], n["letter"]
    for gate in ("i", "f", "o"):
        found[f"lab.gates.{gate}.letters"] = inside[gate][letter].mean()
        found[f"lab.gates.{gate}.dots"] = inside[gate][~letter].mean()
    found["lab.gates.f.closed"] = (inside["f"][letter] < 0.5).double().mean()
    found["lab.gates.i.open"] = (inside["i"][letter] > 0.5).double().mean()
    found["lab.gates.keepers"] = (n["keeping"] > 0.98).sum()
    found["lab.gates.half"] = (n["left"] > 0.5).sum()
    found["lab.gates.gone"] = (n["left"] < 0.01).sum()
    top = n["eight"][:4]
    last = int(letter.nonzero()[-1])
    c = inside["c"][:, top]
    found["lab.gates.top change"] = ((c[-1] - c[last]).abs() / c[last].abs().clamp(min=0.1)).median()
    for (name, T), run in n["runs"].items():
        found[f"lab.contest.{name}.{T}"] = run["accuracy"]
    for name, by_delay in n["by_delay"].items():
        found[f"lab.delay.{name}.least"] = min(by_delay.values())
        found[f"lab.delay.{name}.0"] = by_delay[0]
        found[f"lab.delay.{name}.from 10"] = max(share for delay, share in by_delay.items() if delay >= 10)
    for name, by_steps in n["read_right"].items():
        for T, share in by_steps.items():
            found[f"lab.digits.{name}.{T}"] = share
    found["lab.forget.least"] = min(n["remembered"])
    found["lab.forget.60"] = n["remembered"][-1]
    found |= _steps("lab", n["needed"])
    for name in n["networks"]:
        found[f"lab.back.{name}.200"] = n["comes_back"][name]
        found[f"lab.back.{name}.20"] = n["panels"]["T = 20"][name][0] / n["panels"]["T = 20"][name][-1]
        found[f"lab.back.{name}.right"] = n["still_right"][name]
    found["lab.exposure.first"] = n["gap"][0].abs()
    found["lab.exposure.most"] = n["gap"].max()
    found["lab.exposure.grown"] = (n["grown_teacher"] - n["grown_free"]).abs().max()
    found["lab.exposure.exact"] = n["exact"]
    for name, loss in n["letter_loss"].items():
        found[f"lab.names.{name}"] = loss
    return found


def demo(n: Names) -> Values:
    found: Values = {}
    for row in n["at_64"]:
        found[f"demo.contest.{row['name']}.64"] = row["long"]
        found[f"demo.contest.{row['name']}.64.steps"] = row["steps"]
    for row in n["swap"]:
        found[f"demo.contest.{row['name']}.{row['T']}"] = row["long"]
    for name, by_delay in n["curves"].items():
        found[f"demo.delay.{name}.0"] = by_delay[0]
        found[f"demo.delay.{name}.from 10"] = max(share for delay, share in by_delay.items() if delay >= 10)
        found[f"demo.delay.{name}.least"] = min(by_delay.values())
    found["demo.gates.closed"] = n["closed"]
    found["demo.gates.best"] = n["keeping"].max()
    found["demo.gates.keepers"] = (n["keeping"] > 0.98).sum()
    found["demo.gates.low"] = (n["keeping"] < 0.5).sum()
    for moment, name, T, norms in n["steep"]:
        found[f"demo.back.{moment}.{name}.{T}"] = norms[0] / norms[-1]
    found |= _steps("demo", n["needed"])
    return found


def practice(n: Names) -> Values:
    found: Values = {}
    for name, share in n["swapped"].items():
        found[f"practice.swap.{name}"] = share
    for name, by_length in n["right"].items():
        for T, share in by_length.items():
            found[f"practice.long.{name}.{T}"] = share
    found["practice.patient.steps"] = n["patient_steps"]
    found["practice.patient.right"] = n["patient_right"]
    for (name, every), share in n["taught"].items():
        found[f"practice.taught.{name}.{'every step' if every else 'end'}"] = share
    for name, share in n["felt"].items():
        found[f"practice.sentiment.{name}"] = share
    for word, gates in n["at_word"].items():
        for gate, value in gates.items():
            found[f"practice.gates.{word}.{gate}"] = value
    found["practice.writer.exact"] = n["exact"]
    return found
