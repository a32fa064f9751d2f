"""The gate explorer's page: page.html with the recorded numbers in it.

python tests/lstm-gru/explorer/page.py       (after a change of page.html)
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[2] / "assignment" / "lstm-gru" / "seqlab" / "explorer.html"
MARK = "/*RECORDED*/"


def text() -> str:
    """The page's text."""
    template = (HERE / "page.html").read_text(encoding="utf-8")
    if template.count(MARK) != 1:
        raise ValueError(f"{HERE / 'page.html'}: it must hold {MARK} once")
    return template.replace(MARK, (HERE / "recorded.json").read_text(encoding="utf-8").strip())


def write() -> Path:
    """Write the page where students get it; returns its path."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE


if __name__ == "__main__":
    print(write())
