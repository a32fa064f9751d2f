"""Predict, then run: commit to an answer before the experiment gives it.

    guess = predict("Which network remembers over 60 steps?", ["RNN", "LSTM", "both"])      # before the run
    guess.compare("LSTM")                                                                   # after it

In Jupyter, VS Code and Colab the options are buttons. Where there are no widgets, or nobody to click them, the question is
printed and the answer is written into the call: `predict(…, choice="b")`. Nothing here ever waits for input.

A choice stays when its cell is run again, the next day too (Jupyter keeps it in the folder `.seqlab` next to the notebook). Once the outcome was
shown, neither a click nor `choice=` changes or makes one: who had not chosen by then can choose after a restart of the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import progress
from .choices import Choices, letter, lettered
from .sentences import say, take_back

HOW = 'write choice="a" (or another letter) as the last argument, and run the cell again.'

# What was predicted in this session: (question, options) → the option or None, and whether it was compared with the outcome.
_made: dict[tuple[str, tuple[str, ...]], tuple[str | None, bool]] = {}


class Prediction:
    """A question, its options, and the option that was chosen (None as long as none is).

    outcome: what happened, once it was compared: an option's text, or None where no option held.
    """

    def __init__(self, question: str, options: Sequence[str], choice: str | None = None) -> None:
        if len(options) < 2 or len(set(options)) < len(options):
            raise ValueError("a prediction needs at least two options, all different")
        if len(options) > 26:
            raise ValueError("a prediction can have at most 26 options, one a letter")
        self.question = question
        self.options = tuple(options)
        self.outcome: str | None = None
        self.choice, self.compared = _made.get(self._key) or self._earlier()
        self._too_late = self.compared and choice is not None and self._option(choice) != self.choice
        if choice is not None:
            self.choose(choice)
        self._buttons: Choices | None = None
        self._hint: Any = None  # the sentence below the buttons

    @property
    def _key(self) -> tuple[str, tuple[str, ...]]:
        return self.question, self.options

    @property
    def _lines(self) -> tuple[str, ...]:
        return self.question, *self.options

    def choose(self, choice: str) -> None:
        """Take this option, by its letter or its text. Once the outcome was shown, nothing changes."""
        option = self._option(choice)
        if not self.compared:
            self.choice = option
            self._keep()

    def _keep(self) -> None:
        _made[self._key] = self.choice, self.compared
        if self.choice is not None:  # who has not chosen may do so after a restart
            progress.remember("predicted", {"\n".join(self._lines): [self.choice, self.compared]})

    def _earlier(self) -> tuple[str | None, bool]:
        """What was chosen before the kernel was restarted."""
        known = progress.memory()["predicted"] if progress.remembers() else {}
        found = known.get("\n".join(self._lines))
        if isinstance(found, list) and len(found) == 2 and found[0] in self.options:
            return found[0], found[1] is True
        return None, False

    def _click(self, option: str) -> None:
        if not self.compared:
            self.choose(option)
            if self._buttons is not None:
                self._buttons.mark(option)
                take_back(self._hint)
                self._hint = None

    def compare(self, outcome: str) -> None:
        """Print the prediction next to the outcome. The prediction cannot be changed afterwards: its buttons are switched off."""
        self._compare(self._option(outcome))

    def compare_first(self, holds: Sequence[bool]) -> None:
        """Compare with the first option that the numbers bear out: a condition for each option, in their order.

        Raises ValueError unless there are as many conditions as options.
        """
        true = [option for option, held in zip(self.options, holds, strict=True) if held]
        self._compare(true[0] if true else "none of these: read the numbers above")

    def _compare(self, outcome: str) -> None:
        self.outcome = outcome if outcome in self.options else None
        self.compared = True
        self._keep()
        if self._buttons is not None:
            self._buttons.close()
        predicted = self.choice or (
            "nothing yet. Choose first, then run: a guess makes the answer stick. For this one that takes a restart of the kernel."
        )
        lines = [self.question, f"  you predicted: {predicted}", f"  what happened: {outcome}"]
        if self.choice == outcome:
            lines.append("  As you predicted. Which reason did you have?")
        elif self.choice is not None:
            lines.append("  A surprise: what did you not expect?")
        say(*lines)

    def __repr__(self) -> str:
        return f"Prediction({self.question!r}, choice={self.choice!r})"

    def _option(self, choice: str) -> str:
        if choice in self.options:
            return choice
        letters = [letter(k) for k in range(len(self.options))]
        if isinstance(choice, str) and choice.strip().lower() in letters:
            return self.options[letters.index(choice.strip().lower())]
        raise ValueError(f"{choice!r} is none of the options; write a letter from a to {letters[-1]}")

    @property
    def _stays(self) -> str:
        """What was predicted, once it can no longer change."""
        chosen = self.choice or "nothing before the outcome was shown; restart the kernel to choose first"
        return f"you predicted: {chosen}"

    def _print(self) -> None:
        lines = [self.question]
        for k, option in enumerate(self.options):
            mark = "→ " if option == self.choice else ""
            lines.append(f"{'  ' if mark else '    '}{mark}{lettered(k, option)}")
        if self._too_late:
            lines.append("This choice was written after the outcome was shown, so it does not count.")
        if self.compared:
            lines.append(self._stays)
        elif self.choice is None:
            lines.append(f"Your prediction: {HOW}")
        say(*lines)

    def _show_buttons(self) -> bool:
        """Show the options as buttons; False where that does not work."""
        try:
            from IPython.display import display

            self._buttons = Choices(self.question, self.options, self._click)
            self._buttons.mark(self.choice)
            if self.compared:
                self._buttons.close()
            display(self._buttons.all)
        except Exception:  # whatever a front end lacks, the printed question serves as well
            self._buttons = None
            return False
        # A front end may take a widget without an error and show nothing: that cannot be detected from here.
        # Which option was chosen is said by its button alone until it can no longer change: a printed line stays as it is.
        if self.compared:
            say(self._stays)
        elif self.choice is None:
            self._hint = say(f"No buttons above? {HOW.capitalize()}", replaceable=True)
        return True


def predict(question: str, options: Sequence[str], choice: str | None = None) -> Prediction:
    """Ask for a prediction; `choice`, a letter or an option's text, answers at once."""
    prediction = Prediction(question, options, choice)
    if choice is not None or not _someone_is_there() or not prediction._show_buttons():
        prediction._print()
    return prediction


def _someone_is_there() -> bool:
    """Whether a notebook front end with a person before it runs this: it then lets the kernel ask for input.

    nbconvert, nbclient and papermill do not; plain Python has no kernel at all.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))
