# Written by gatelab build from autograder/gatelab/handed_out/checking/grammar.py; change it there.
"""The words of a sentence that depend on the name in it: a or an, is or are.

The worker uses it too, so it imports nothing of this folder.
"""

from __future__ import annotations

PLURAL = {"is": "are", "has": "have", "holds": "hold"}


class Several(str):
    """The name of several things in a sentence, "the prices": whoever names them knows that. Any other name is that of one thing."""

    __slots__ = ()


def verb(name: str, one: str) -> str:
    """`is`, or `are` after the name of several things."""
    return PLURAL[one] if isinstance(name, Several) else one


def pronoun(name: str) -> str:
    return "they" if isinstance(name, Several) else "it"


def with_article(what: str) -> str:
    """`a list`, `an object`."""
    return f"{'an' if what[:1].lower() in 'aeio' and what else 'a'} {what}"
