"""Compares what the sample class and the bank were told before the move of the house (`dff197a1`) with what they are told today.

`before_the_move/class.txt` and `bank.txt` are the records of then, in the form of today's (sample/said.txt, bank/said/), except that a
chaff's record always has the sentences that name its mistake. The commit before the move graded the class and all of its 317 chaffs for
them, with its own seed. What was changed on purpose since then is in `before_the_move/changed.toml`, each change with its reason:

    [[drawn]]      numbers that are drawn, or counted in the handout: masked in both
    [[reworded]]   what said `then` says `now`
    [[added]]      a sentence that is said today after what was said then
    [[sentences]]  chaffs whose mistake is named by other sentences now
    [[other]]      places at which something else is found now, so that they are not compared

A place is `q1/some-chaff/PART` or `alan/q1/PART`. A PART is a hidden test's, or `points`, or `note` for all else that is said there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers import accepted_texts
from programs import bank_said

BEFORE = Path(__file__).with_name("before_the_move")
CHANGED = BEFORE / "changed.toml"
PART = re.compile(r"  ([a-z0-9-]+(?:, [a-z0-9-]+)*): (.*)")
QUESTION = re.compile(r"(q\d+): (.*)")
POINTS = re.compile(r"([\d.]+ of .*)|(Not graded)\. (.*)")

Told = dict[str, str]  # place → what is said there


@dataclass
class Rule:
    """A change that was meant. It puts what was said then and what is said today into the same words."""

    why: str
    then: str = ""  # patterns
    now: str = ""
    used: bool = field(default=False, init=False)

    def __str__(self) -> str:
        return f"{type(self).__name__.lower()}: {self.then or self.now}"

    def applied(self, then: str, now: str) -> tuple[str, str]:
        """Both texts by this rule, which notes whether that changed anything."""
        raise NotImplementedError


class Drawn(Rule):
    def applied(self, then: str, now: str) -> tuple[str, str]:
        self.used |= re.findall(self.then, then) != re.findall(self.then, now)
        return re.sub(self.then, "#", then), re.sub(self.then, "#", now)


class Reworded(Rule):
    def applied(self, then: str, now: str) -> tuple[str, str]:
        today, count = re.subn(self.then, self.now, then)
        self.used |= count > 0
        return today, now


class Added(Rule):
    def applied(self, then: str, now: str) -> tuple[str, str]:
        if re.search(self.now, then):
            return then, now
        shorter, count = re.subn(rf"\s?{self.now}", "", now)
        self.used |= count > 0
        return then, shorter


class Other(Rule):
    """A place, or all places below it."""

    def holds(self, place: str) -> bool:
        return f"{place}/".startswith(f"{self.now}/")


def rules(sentences: Mapping[str, tuple[str, str]]) -> list[Rule]:
    """The rules of changed.toml, in the order in which they apply, given the sentences that name each chaff then and now."""
    changed = tomllib.loads(CHANGED.read_text(encoding="utf-8"))
    found: list[Rule] = []
    for group in changed["sentences"]:
        for key in group["chaffs"]:
            then, now = sentences[key]
            found.append(Reworded(group["why"], re.escape(then), now.replace("\\", r"\\")))
    found += [Drawn(group["why"], then=text) for group in changed["drawn"] for text in group["texts"]]
    found += [Reworded(group["why"], *texts) for group in changed["reworded"] for texts in group["texts"]]
    found += [Added(group["why"], now=text) for group in changed["added"] for text in group["texts"]]
    return found + [Other(group["why"], now=place) for group in changed["other"] for place in group["places"]]


def differences(then: Told, now: Told, known: Sequence[Rule]) -> dict[str, tuple[str, str]]:
    """By place: what was said then, in today's words as far as the rules know them, and what is said today."""
    found: dict[str, tuple[str, str]] = {}
    other = [rule for rule in known if isinstance(rule, Other)]
    for place in {**then, **now}:
        was, told = then.get(place, ""), now.get(place, "")
        for rule in known if was != told and not place.endswith("/points") else ():
            if not isinstance(rule, Other):
                was, told = rule.applied(was, told)
        if was != told:
            left_out = [rule for rule in other if rule.holds(place)]
            for rule in left_out:
                rule.used = True
            if not left_out:
                found[place] = was, told
    return found


def in_class(path: Path) -> Told:
    """What each submission of a record of the class is told, by place."""
    found: Told = {}
    for name, text in accepted_texts.read(path).items():
        found |= dict(_places(name, text.splitlines()))
    return found


def in_bank(records: Mapping[str, str], names: Mapping[str, str]) -> Told:
    """What each chaff of these records is told, by place. A record without the sentences that name its mistake has those of `names`."""
    found: Told = {}
    for key, text in records.items():
        points, *lines = text.splitlines()
        if key in names and (not lines or PART.fullmatch(lines[0]) or lines[0].startswith("  cell ")):
            lines.insert(0, f"  {names[key]}")
        found |= dict(_places(key, [points, *lines]))
    return found


def _places(name: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    note: dict[str, list[str]] = {}
    place = name
    for line in lines:
        if question := QUESTION.fullmatch(line):
            place = f"{name}/{question[1]}"
            line = question[2]
        if points := POINTS.fullmatch(line):
            yield f"{place}/points", points[1] or points[2]
            line = points[3] or ""
        if part := PART.fullmatch(line):
            for each in part[1].split(", "):
                yield f"{place}/{each}", bank_said.masked(part[2])
        elif line:
            note.setdefault(place, []).append(line.strip())
    for place, texts in note.items():
        yield f"{place}/note", "\n".join(texts)
