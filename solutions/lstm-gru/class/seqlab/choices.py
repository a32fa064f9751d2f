"""The options of a question as buttons, one a button, of which one is chosen: by mouse, by keyboard, and with a screen reader.

Radio buttons would seem to be the thing, but ipywidgets gives theirs no group: a screen reader hears each option without the question,
and the arrow keys, which would go from one to the next, are JupyterLab's own. A button is a stop of the Tab key, takes Space
and Enter, and its tooltip, the question, is read after its text.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

CLASS, CHOSEN = "seqlab-choice", "seqlab-chosen"
# A button is as high as one line and cuts its text off there; on a narrow screen an option takes two. Buttons that are switched off are
# pale; what was chosen should be read all the same.
STYLE = f"""<style>
.{CLASS} {{ white-space: normal; height: auto; min-height: 28px; line-height: 1.4; padding: 4px 10px; text-align: left; overflow-wrap: anywhere; }}
.{CLASS}:focus-visible {{ outline: 2px solid currentColor; outline-offset: 1px; }}
.{CLASS}.{CHOSEN}:disabled {{ opacity: 1; }}
</style>"""


class Choices:
    """The options as buttons below their question. Raises whatever a front end raises that lacks something."""

    def __init__(self, question: str, options: Sequence[str], react: Callable[[str], None]) -> None:
        """react: called with the option that was pressed."""
        import ipywidgets

        self.question, self.options = question, tuple(options)
        self.buttons: list[Any] = []
        for option in self.options:
            button = ipywidgets.Button(layout={"width": "auto", "max_width": "100%", "height": "auto"})
            button.add_class(CLASS)
            button.on_click(lambda _, option=option: react(option))
            self.buttons.append(button)
        title, style = ipywidgets.HTML(), ipywidgets.HTML(layout={"display": "none"})
        title.value, style.value = f"<b>{html.escape(question, quote=False)}</b>", STYLE
        column = {"align_items": "flex-start"}
        self.all = ipywidgets.VBox([title, *self.buttons, style], layout=column)
        self.mark(None)

    def mark(self, chosen: str | None) -> None:
        """Show, and say, which one is chosen."""
        for k, (option, button) in enumerate(zip(self.options, self.buttons, strict=True)):
            text = lettered(k, option)
            button.description = f"✓ {text}" if option == chosen else text
            button.tooltip = f"Your prediction. {self.question}" if option == chosen else self.question
            (button.add_class if option == chosen else button.remove_class)(CHOSEN)

    def close(self) -> None:
        """From now on none can be pressed."""
        for button in self.buttons:
            button.disabled = True


def letter(k: int) -> str:
    """The letter by which the option with this index is chosen in code."""
    return chr(ord("a") + k)


def lettered(k: int, option: str) -> str:
    """`b) It fades`"""
    return f"{letter(k)}) {option}"
