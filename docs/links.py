"""A hook of mkdocs: links that leave docs/ lead to the repository, by `repo_url` of mkdocs.yml, or else to this checkout's files."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Rewrite `](../SECURITY.md)`; docs/ has no folder of pages that people write, so one `../` leaves it."""
    address = (
        f"{config.repo_url.rstrip('/')}/blob/main/" if config.repo_url else "../../"
    )  # out/docs/page.html
    return re.sub(r"\]\(\.\./(?!\.)", f"]({address}", markdown)
