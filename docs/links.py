"""Hooks of mkdocs: links that leave docs/ lead to the repository, by `repo_url` of mkdocs.yml, or else to this checkout's files; tables
have a frame."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite `](../SECURITY.md)`; docs/ has no folder of pages that people write, so one `../` leaves it."""
    address = (
        f"{config.repo_url.rstrip('/')}/blob/main/" if config.repo_url else "../../"
    )  # out/docs/page.html
    return re.sub(r"\]\(\.\./(?!\.)", f"]({address}", markdown)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Give each table a frame to be scrolled in."""
    frame = '<div class="scroll" tabindex="0" role="group" aria-label="table">'
    return html.replace("<table>", f"{frame}<table>").replace("</table>", "</table></div>")
