"""What a loss of another padding than the one it was given shows: for the check of q11, and the grader's."""

from collections.abc import Callable, Iterable


def other_padding(
    pad: int, others: Iterable[int | None], fits: Callable[[int | None], bool], none_left_out: str
) -> str:
    """The end of a sentence where the numbers are those of a loss that leaves another token out than `pad`; "" where they are not.

    Args:
        others: the tokens that may have been left out instead; None: none was.
        fits: whether the numbers are those of a loss that leaves this token out.
        none_left_out: what a loss does that leaves none out.
    """
    for other in others:
        if fits(other):
            does = none_left_out if other is None else f"takes token {other} for padding"
            return f"a loss that {does}; only the argument `pad`, {pad} here, is padding."
    return ""
