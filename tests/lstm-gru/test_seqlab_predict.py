"""Predict, then run: with buttons, without them, and with nobody to answer."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "assignment" / "lstm-gru"))

from seqlab import predict as module
from seqlab.predict import predict

QUESTION, OPTIONS = "Which network remembers?", ["RNN", "LSTM", "both"]


@pytest.fixture(autouse=True)
def a_new_session(monkeypatch):
    monkeypatch.setattr(module, "_made", {})


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch):
    def fail(*_):
        raise AssertionError("a headless run would wait here for ever")

    monkeypatch.setattr(builtins, "input", fail)


def with_kernel(monkeypatch, allow_stdin: bool) -> None:
    shell = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=allow_stdin))
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)


def test_headless_the_question_is_printed_and_the_run_goes_on(monkeypatch, capsys):
    with_kernel(monkeypatch, allow_stdin=False)
    guess = predict(QUESTION, OPTIONS)
    assert guess.choice is None
    shown = capsys.readouterr().out
    assert QUESTION in shown and "b) LSTM" in shown and 'choice="a"' in shown
    guess.compare("LSTM")
    assert "nothing yet" in capsys.readouterr().out


@pytest.mark.parametrize("choice", ["b", " B ", "LSTM"])
def test_a_choice_is_a_letter_or_an_options_text(choice, capsys):
    guess = predict(QUESTION, OPTIONS, choice=choice)
    assert guess.choice == "LSTM" and "→ b) LSTM" in capsys.readouterr().out
    guess.compare("LSTM")
    assert "As you predicted" in capsys.readouterr().out
    guess.compare("both")
    shown = capsys.readouterr().out
    assert "you predicted: LSTM" in shown and "what happened: both" in shown and "surprise" in shown


def test_the_outcome_is_the_first_option_that_the_numbers_bear_out(capsys):
    guess = predict(QUESTION, OPTIONS, choice="b")
    guess.compare_first([False, True, True])
    assert "what happened: LSTM" in capsys.readouterr().out
    guess.compare_first([False, False, False])
    assert "none of these" in capsys.readouterr().out
    with pytest.raises(ValueError, match="shorter"):
        guess.compare_first([True])


@pytest.mark.parametrize("wrong", ["d", "GRU", ""])
def test_other_answers_are_refused(wrong):
    with pytest.raises(ValueError, match="a letter from a to c"):
        predict(QUESTION, OPTIONS, choice=wrong)


@pytest.mark.parametrize("options", [[], ["one"], ["same", "same"]])
def test_a_prediction_needs_alternatives(options):
    with pytest.raises(ValueError, match="at least two options"):
        predict(QUESTION, options)


class Widget:
    """As much of an ipywidgets widget as is used."""

    disabled = False

    def __init__(self, children=(), **traits):
        self.children = children
        self.__dict__.update(traits)

    def add_class(self, name):
        self._dom_classes = {*getattr(self, "_dom_classes", ()), name}

    def remove_class(self, name):
        self._dom_classes = {*getattr(self, "_dom_classes", ())} - {name}

    def on_click(self, react):
        self.press = lambda: react(self)


@pytest.fixture
def buttons(monkeypatch):
    """A front end with widgets and a person; the list of what it was given to show."""
    with_kernel(monkeypatch, allow_stdin=True)
    widgets = ModuleType("ipywidgets")
    widgets.Button = widgets.HTML = widgets.VBox = Widget
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)
    shown = []

    def display(what, raw=False, display_id=None):
        if not raw:
            return shown.append(what)
        print(what["text/plain"])
        return SimpleNamespace(update=lambda what, raw: print(f"[now {what['text/plain']!r}]"))

    monkeypatch.setattr("IPython.display.display", display)
    return shown


@pytest.fixture
def memory(monkeypatch, tmp_path):
    """The notebook's folder, which keeps what was chosen; returns a function that restarts the kernel."""
    monkeypatch.setattr(module.progress, "FOLDER", tmp_path)
    monkeypatch.setattr(module.progress, "remembers", lambda: True)
    return lambda: monkeypatch.setattr(module, "_made", {})


def press(guess, option):
    guess._buttons.buttons[OPTIONS.index(option)].press()


def marked(guess):
    """The options that are shown as chosen."""
    found = [b for b in guess._buttons.buttons if b.description[0] == "✓"]
    assert [b for b in guess._buttons.buttons if "seqlab-chosen" in b._dom_classes] == found
    return [b.description.removeprefix("✓ ")[len("a) ") :] for b in found]


def closed(guess):
    [state] = {button.disabled for button in guess._buttons.buttons}
    return state


def test_buttons_are_shown_if_somebody_can_click_them(buttons, capsys):
    guess = predict("Is 1 < 2 & 3?", OPTIONS)
    assert len(buttons) == 1 and marked(guess) == []
    title, *rest, _ = buttons[0].children
    assert title.value == "<b>Is 1 &lt; 2 &amp; 3?</b>" and rest == guess._buttons.buttons
    assert [b.description for b in rest] == ["a) RNN", "b) LSTM", "c) both"]
    press(guess, "both")
    assert guess.choice == "both" and marked(guess) == ["both"]
    guess.compare("RNN")
    assert closed(guess)


def test_a_front_end_that_shows_nothing_is_allowed_for(buttons, capsys):
    """It takes the widget without an error; the sentence below says what to do, and doing it works."""
    predict(QUESTION, OPTIONS)
    said = capsys.readouterr().out
    assert 'choice="a"' in said and "No buttons" in said
    assert predict(QUESTION, OPTIONS, choice="a").choice == "RNN"


def test_a_click_outlives_its_cells_next_run(buttons, capsys):
    """Shift+Enter on a cell whose button was clicked."""
    press(predict(QUESTION, OPTIONS), "both")
    again = predict(QUESTION, OPTIONS)
    assert again.choice == "both" and marked(again) == ["both"] and not closed(again)
    press(again, "RNN")  # before the outcome a mind may change
    assert predict(QUESTION, OPTIONS).choice == "RNN"
    said = capsys.readouterr().out
    # what is printed stays true after a click, and whoever has clicked has buttons
    assert "both" not in said and said.count("No buttons above?") == 1


def test_after_the_outcome_running_the_cell_again_does_not_open_the_choice(buttons, capsys):
    guess = predict(QUESTION, OPTIONS)
    press(guess, "both")
    guess.compare("LSTM")
    again = predict(QUESTION, OPTIONS)
    assert again.choice == "both" and closed(again)
    press(again, "LSTM")
    assert again.choice == "both"
    assert capsys.readouterr().out.endswith("you predicted: both\n")


def test_a_choice_outlives_the_kernel(buttons, monkeypatch, tmp_path):
    """The choice is kept next to the notebook, with its outcome; an entry of another question is not a choice."""
    monkeypatch.setattr(module.progress, "FOLDER", tmp_path)
    monkeypatch.setattr(module.progress, "remembers", lambda: True)
    press(predict(QUESTION, OPTIONS), "both")
    monkeypatch.setattr(module, "_made", {})  # the kernel was restarted
    again = predict(QUESTION, OPTIONS)
    assert again.choice == "both" and marked(again) == ["both"] and not closed(again)
    again.compare("LSTM")
    monkeypatch.setattr(module, "_made", {})
    assert closed(predict(QUESTION, OPTIONS))
    assert predict(QUESTION, OPTIONS[:2]).choice is None
    for spoilt in ("", "[]", '{"predicted": {"x": 1}}', '{"predicted": 3}'):
        (tmp_path / ".seqlab" / "progress.json").write_text(spoilt)
        monkeypatch.setattr(module, "_made", {})
        assert predict(QUESTION, OPTIONS).choice is None


def test_whoever_had_not_chosen_cannot_choose_what_the_outcome_was(buttons, monkeypatch, tmp_path, capsys):
    """Not with the buttons on the screen, not with those of another run; but a new day may begin with a guess."""
    monkeypatch.setattr(module.progress, "FOLDER", tmp_path)
    monkeypatch.setattr(module.progress, "remembers", lambda: True)
    guess = predict(QUESTION, OPTIONS)
    for _ in range(2):
        guess.compare("LSTM")
        assert closed(guess)
        press(guess, "LSTM")
        assert "As you predicted" not in capsys.readouterr().out and guess.choice is None
        guess = predict(QUESTION, OPTIONS)
        assert closed(guess) and marked(guess) == []
        assert (
            "you predicted: nothing before the outcome was shown; restart the kernel to choose first"
            in " ".join(capsys.readouterr().out.split())
        )
    monkeypatch.setattr(module, "_made", {})  # the kernel was restarted
    again = predict(QUESTION, OPTIONS)
    assert not closed(again)
    press(again, "LSTM")
    again.compare("LSTM")
    assert "As you predicted" in capsys.readouterr().out


LATE = "This choice was written after the outcome was shown, so it does not count."
NOTHING = "you predicted: nothing before the outcome was shown; restart the kernel to choose first"


def read(capsys):
    return " ".join(capsys.readouterr().out.split())


def test_a_choice_that_is_written_after_the_outcome_is_none(buttons, memory, capsys):
    """In the cell, by hand, or beside buttons; a restart lets everybody choose who had not."""
    predict(QUESTION, OPTIONS).compare("LSTM")
    for _ in range(2):
        late = predict(QUESTION, OPTIONS, choice="b")
        said = read(capsys)
        assert late.choice is None and LATE in said and NOTHING in said and "→" not in said
        late.choose("b")
        late.compare("LSTM")
        assert "As you predicted" not in read(capsys)
    memory()
    predict(QUESTION, OPTIONS, choice="b").compare("LSTM")
    assert "→ b) LSTM" in (said := read(capsys)) and "As you predicted" in said and LATE not in said


def test_whoever_has_chosen_keeps_that_choice(buttons, memory, capsys):
    """What was written before the outcome counts, also when its cell is run again and after a restart."""
    first = predict(QUESTION, OPTIONS, choice="a")
    assert predict(QUESTION, OPTIONS, choice="c").choice == "both"  # before the outcome a mind may change
    first = predict(QUESTION, OPTIONS, choice="a")
    first.compare("LSTM")
    read(capsys)
    for restarted in (False, True):
        if restarted:
            memory()
        again = predict(QUESTION, OPTIONS, choice="a")
        assert again.choice == "RNN" and LATE not in read(capsys)
        late = predict(QUESTION, OPTIONS, choice="b")
        said = read(capsys)
        assert late.choice == "RNN" and LATE in said and "→ a) RNN" in said and "you predicted: RNN" in said
        late.compare("LSTM")
        assert "you predicted: RNN" in (said := read(capsys)) and "surprise" in said
    with pytest.raises(ValueError, match="a letter from a to c"):
        predict(QUESTION, OPTIONS, choice="d")


def test_with_nobody_there_a_shown_outcome_asks_for_no_choice(monkeypatch, capsys):
    with_kernel(monkeypatch, allow_stdin=False)
    predict(QUESTION, OPTIONS).compare("LSTM")
    read(capsys)
    predict(QUESTION, OPTIONS)
    assert NOTHING in (said := read(capsys)) and "choice=" not in said


def test_the_sentence_about_missing_buttons_goes_with_the_first_click(buttons, memory, capsys):
    guess = predict(QUESTION, OPTIONS)
    assert "No buttons above? Write choice=" in capsys.readouterr().out
    press(guess, "both")
    assert capsys.readouterr().out == "[now '']\n"
    press(guess, "RNN")
    assert capsys.readouterr().out == ""


def test_sentences_are_shown_as_html_that_escapes_everything(monkeypatch, memory, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda both, raw: shown.append(both))
    predict("Is 1 < 2 & <b>3</b>?", ["<i>yes</i>", "no"], choice="a").compare("no")
    assert capsys.readouterr().out == "" and len(shown) == 2
    for both in shown:
        assert "Is 1 < 2 & <b>3</b>?" in both["text/plain"] and "<i>yes</i>" in both["text/plain"]
        assert "Is 1 &lt; 2 &amp; &lt;b&gt;3&lt;/b&gt;?" in both["text/html"]
        assert "<i>" not in both["text/html"] and both["text/html"].count("<div") == both["text/html"].count(
            "</div>"
        ) == len(both["text/plain"].splitlines())


def test_questions_do_not_share_a_choice(buttons):
    press(predict(QUESTION, OPTIONS), "both")
    assert predict("Another?", OPTIONS).choice is None
    assert predict(QUESTION, [*OPTIONS, "none"]).choice is None


def test_real_widgets_keep_the_choice(monkeypatch):
    """With ipywidgets itself, where it is installed."""
    widgets = pytest.importorskip("ipywidgets")
    with_kernel(monkeypatch, allow_stdin=True)
    guess = predict(QUESTION, OPTIONS)
    assert all(isinstance(button, widgets.Button) for button in guess._buttons.buttons)
    assert {button.tooltip for button in guess._buttons.buttons} == {QUESTION}
    guess._buttons.buttons[2].click()
    again = predict(QUESTION, OPTIONS)
    assert marked(again) == [again.choice] == ["both"] and not closed(again)
    assert again._buttons.buttons[2].tooltip == f"Your prediction. {QUESTION}"
    again.compare("RNN")
    assert closed(predict(QUESTION, OPTIONS))


def test_without_widgets_the_question_is_printed(monkeypatch, capsys):
    with_kernel(monkeypatch, allow_stdin=True)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # importing it fails
    predict(QUESTION, OPTIONS)
    assert "a) RNN" in capsys.readouterr().out


def test_plain_python_has_no_kernel():
    assert not module._someone_is_there()
