"""Renders cells as self-contained HTML: formulas are MathML, pictures are embedded, and there are no scripts."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from latex2mathml.converter import convert
from markupsafe import Markup, escape
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

WIDE = '<div class="scroll" tabindex="0" role="group" aria-label="{}">{}</div>'

# latex2mathml's names for these environments; and a gap between lines, which it would print as text.
KNOWN_AS = (("align*", "aligned"), ("matrix", "gathered"))
_GAP = re.compile(r"\\\\\[[\d.]+\w+\]")


class Renderer(IPythonRenderer):
    """Renders Markdown. folder: where the notebook's pictures are; beside: that folder's address, relative to the page."""

    def __init__(self, folder: Path, beside: str) -> None:
        super().__init__(escape=False, embed_images=True, exclude_anchor_links=True, path=str(folder))
        self.folder, self.beside = folder, beside

    def inline_math(self, body: str) -> str:
        return _formula(body, "inline")

    def block_math(self, body: str) -> str:
        return WIDE.format("formula", _formula(body, "block"))

    def latex_environment(self, name: str, body: str) -> str:
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def table(self, text: str) -> str:
        return WIDE.format("table", f"<table>{text}</table>")

    def block_code(self, code: str, info: str | None = None) -> str:
        return f"<pre>{escape(code)}</pre>"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Render a picture; one from another site, such as the badge, is shown as its alternative text."""
        scheme = urlsplit(url).scheme
        if scheme not in ("", "data"):
            return str(escape(text))
        # nbconvert takes the address as the file's name.
        return str(super().image(text, url if scheme else unquote(url), title))

    def link(self, text: str, url: str, title: str | None = None) -> str:
        here = not urlsplit(url).scheme and (self.folder / url.partition("#")[0]).is_file()
        return str(super().link(text, f"{self.beside}{url}" if here and url[0] != "#" else url, title))


def text(source: str, renderer: Renderer) -> Markup:
    """A text cell."""
    return Markup(MarkdownWithMath(renderer=renderer).render(source))


def code(source: str) -> Markup:
    """A code cell, coloured by the page's style."""
    return Markup(Highlight2HTML(pygments_lexer="ipython3")(source))


def _formula(body: str, display: str) -> str:
    for known, name in KNOWN_AS:
        body = body.replace(f"{{{name}}}", f"{{{known}}}")
    body = _GAP.sub(r"\\\\", body)
    try:
        return str(convert(body, display=display))
    except Exception:  # whatever it raises if this is not a formula
        return f"<code>{escape(body)}</code>"
