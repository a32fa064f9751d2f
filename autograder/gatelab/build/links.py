"""Checks a page's links to files next to it: students must get those files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import unquote

from gatelab.did_you_mean import did_you_mean

# What a page shows verbatim: code, fenced or not, and mathematics, where `f[i](x)` is not a link.
_VERBATIM = re.compile(
    r"^ {0,3}(```+|~~~+)[^\n]*\n.*?(?:^ {0,3}\1[^\n]*$|\Z)|(?<!\\)(`+)(?!`).*?(?<!`)\2(?!`)"
    r"|(?<!\\)(\$\$?)(?:(?!\n\n)[^$])+?(?<!\\)\3",
    re.MULTILINE | re.DOTALL,
)
_TARGETS = (
    re.compile(r"\]\(\s*(?:<([^>\n]+)>|([^\s)]+))(?:\s+[\"'(][^\n]*?)?\s*\)"),  # [text](file), ![text](file "title")
    re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*(?:<([^>\n]+)>|(\S+))", re.MULTILINE),  # [name]: file
    re.compile(r"<\w[^>]*?\s(?:src|href|poster)\s*=\s*(?:\"([^\"]*)\"|'?([^\"'\s>]+))", re.IGNORECASE),  # <img src="file">
)  # fmt: skip
_ELSEWHERE = re.compile(
    r"(?!file:|attachment:)[a-z][a-z0-9+.-]+:|//|#", re.IGNORECASE
)  # no file beside the page


def broken(text: str, page: str, files: Collection[str], folder: Path) -> Iterator[tuple[int, str]]:
    """(line, from 1; what is wrong) for each link of a Markdown page to a file that students do not get.

    page: the page's own name in the handout. files: all names in the handout. folder: where staff have these files.
    """
    shown = _VERBATIM.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for pattern in _TARGETS:
        for found in pattern.finditer(shown):
            target = found[1] or found[2]
            if target and not _ELSEWHERE.match(target) and (why := _why_not(target, page, files, folder)):
                yield shown.count("\n", 0, found.start()) + 1, f"links to {target}, {why}"


def _why_not(target: str, page: str, files: Collection[str], folder: Path) -> str:
    """Why students do not get the target of a link, and what to do; "" if they do."""
    path = unquote(re.split(r"[?#]", target)[0])
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if name in files or name == "." or any(file.startswith(f"{name}/") for file in files):
        return ""
    if name.startswith(("../", "/")) or ":" in name:
        return "which is not a file that students get; use an address (https://…), or a file that release in lab.toml lists"
    if (folder / name).exists():
        return f"which students do not get; list {name.split('/')[0]} under release in lab.toml"
    return f"and there is no such file in {folder}{did_you_mean(name, files)}; put it there, or take the link out"
