"""The words of a sentence that depend on the name in it: a or an, is or are.

The worker uses it too, so it imports nothing of this folder.
"""

from __future__ import annotations

import re

PLURAL = {"is": "are", "has": "have", "holds": "hold"}
JOINS = (
    r"(?<![\w-])(?:about|above|after|along|as|at|before|below|between|by|due|during|for|from|in|into|of|on|over|per|since|that|through|to|"
    r"under|until|up|when|where|which|while|with|within|without)(?![\w-])"
)
FIRST = re.compile(rf"{JOINS}[^,]*, ", re.IGNORECASE)  # said before the name: "with large prices, the sums"
AFTER = re.compile(rf"[,;]| \(|{JOINS}")  # here its noun has ended: "the price | of the shares"
# A participle after its noun: "the days given". After an article it is an adjective, or a noun itself.
GIVEN = re.compile(
    r"(?<!\bthe)(?<!\ban)(?<!\ba) (?:drawn|given|made|returned|shown|taken|used|written|[a-z]{2,}(?<!e)ed)$"
)
WORD = re.compile(r"[A-Z]?[a-z'-]+|[A-Z]+s")  # all else is code: x_1, rows[0], totals(x), `prices`
# Words in -s for one thing: loss, radius, axis, bias, an abbreviation, and some that no ending tells from a plural.
ONE = re.compile(r".{0,2}|.*(?:ss|us|is|ias)|abs|atlas|canvas|cos|eps|gas|lens|news|pos|series")
MANY = frozenset({"both", "children", "criteria", "maxima", "minima", "people"})  # the others end in -s


def verb(name: str, one: str) -> str:
    """`is`, or `are` where the name is plural: "the prices of the day", "the open and the close"."""
    return PLURAL[one] if is_plural(name) else one


def is_plural(name: str) -> bool:
    """Whether a name in a sentence stands for several things. What comes before a colon in it is another sentence."""
    phrase = AFTER.split(_without_first(name.rpartition(": ")[2]), maxsplit=1)[0].strip()
    if " and " in phrase:
        return True
    noun = GIVEN.sub("", phrase).rpartition(" ")[2]
    if not WORD.fullmatch(noun):
        return False
    noun = noun.lower()
    return noun in MANY or (noun.endswith("s") and not ONE.fullmatch(noun))


def _without_first(name: str) -> str:
    first = FIRST.match(name)
    return name[first.end() :] if first else name


def with_article(what: str) -> str:
    """`a list`, `an object`."""
    return f"{'an' if what[:1].lower() in 'aeio' and what else 'a'} {what}"
