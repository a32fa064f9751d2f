"""Untrusted text made safe, one function for each place it goes to.

Untrusted is whatever a student, a platform's export or a spreadsheet wrote: it may hold control characters, bytes that are not
text, letters that turn the reading direction, formulas, markup, paths of this machine, and be of any length.

| it goes to | function |
| --- | --- |
| a sentence or a terminal, where nothing may be lost | `visible`; before every command, `escape_on_terminals` |
| a sentence, where the start is enough | `brief`; of a cell, `cell_start` |
| a person's entry: name, address, number | `clean_name` |
| a line of a ledger, or a message on one line | `one_line` |
| a page, a mail, a platform's plain text | `shown` (cut), `page_text` (not cut) |
| HTML | `escaped`; with code in backticks, `html_with_code` |
| a cell of Markdown that another program makes HTML of | `inert_markup` |
| a page that shows what a cell printed | `cell_output`, of bytes `decode_bytes` |
| staff, who need only the end | `last_part` |
| a spreadsheet's cell, and back | `escape_formula`, `unescape_formula` |
| the sheet that it came from | `escape_formula_in_sheet` |
| the name of a file | `file_stem`; a path in an archive, `inner_path` |
| a name in Moodle's zip of feedback | `moodle_name` |
| a file of ours | `to_bytes`, or `utf8` where lone surrogates need not be distinguished |
| a log in an encoding of its own | `encodable` |
| where it may go only as it is, or not at all | `is_printable` |
| a student, where a message may name files of this machine | `without_paths` |

Jinja2 escapes what our pages hold, and rich prints none of it as markup. What a student may see of a worker's
words at all is another question: `testkit/words.py`.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from io import TextIOWrapper
from pathlib import PurePosixPath

from markupsafe import Markup, escape

from gatelab.limits import CELL_DEFINITION, CELL_START

LONGEST_SHOWN = 2_000  # characters of a message on a page, of a comment, of a reason
LONGEST_BRIEF = 60  # characters in a sentence: a file's name, as a rule
# Bytes of a file's stem: room for a suffix, a dash, a hash and ".json" within the 255 bytes that file systems allow, and within the
# path length of Windows when the output folder is copied there.
LONGEST_STEM = 80

# Names that Windows keeps for devices, whatever the extension.
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}

# A terminal's colours and cursor movements, and the other control characters but tab and line end.
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# A spreadsheet runs a cell that starts with one of the last as a formula, and one that splits at semicolons or tabs
# begins a cell in the middle of ours. A quotation mark or a space in between may be dropped.
# Each run of such marks is read once, with or without a formula after it: a line may hold thousands of tabs.
_START = re.compile(r"""(^|[;\t])(["'\s]*+)([=+\-@＝＋－＠]?)""")
_TAB, _ESCAPED_TAB = "\t", "\t'"
# The same in a sheet of somebody else's, whose cells may have several lines, and apostrophes of an earlier time.
_START_IN_A_SHEET = re.compile(r"""(^|[;\t\r\n])([\s"]*+)([=+\-@＝＋－＠]?)""")
_BREAK_IN_A_SHEET = re.compile(r"[\t\r\n]")

# The beginning of an HTML tag. With a space after it, `<` is only a character, in formulas as well.
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# A link that runs code or opens a page of its own when clicked; a page made of Markdown has one for `[x](javascript:…)`, however
# the letters are encoded. (With a space after the colon, `data:` is an ordinary word.)
_ENTITY = re.compile(r"&(?=#|\w+;)")
_SCRIPT = re.compile(
    r"(?:java|vb|live|j|ecma)script(?=\\?:)|(?:mocha|data|blob|file|filesystem|view-source|mhtml|jar)(?=\\?:\S)",
    re.IGNORECASE,
)

# A path from the root of a machine, or of one of its drives; only its last part may be shown.
_PATH = re.compile(
    r"(?<=['\"])(?:[A-Za-z]:)?[/\\](?:[^'\"]*[/\\])?([^'\"/\\]+)[/\\]?(?=['\"])"
    r"|(?<![\w.:/\\])(?:[A-Za-z]:)?(?:[/\\][\w.+@~-]+)+[/\\]([\w.+@~-]+)[/\\]?"
)


def visible(raw: str) -> str:
    """Text that can be printed anywhere, on one line: what is not printable becomes an escape (`\\x1b`)."""
    return "".join(char if char.isprintable() else _escape(char) for char in raw)


def is_printable(raw: str) -> bool:
    """Whether `visible` leaves it as it is."""
    return raw.isprintable()


def brief(raw: str, most: int = LONGEST_BRIEF) -> str:
    """The start of `visible`, of at most `most` characters."""
    text = visible(raw[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


def cell_start(source: str) -> str:
    """The first words of a cell, by which its author finds it: `def softmax…`; "" for an empty cell."""
    lines = map(one_line, re.split(r"[\r\n]", source))
    line = next((line for line in lines if line.strip("\"'")), "").lstrip("\"'")
    if found := re.match(r"(?:async )?(?:def|class) \w+", line):
        return found[0][:CELL_DEFINITION] + "…"
    if len(line) <= CELL_START:
        return line
    cut = line[:CELL_START]
    words = cut.rpartition(" ")[0]
    # Half a word says more than a lone `#` before an address or before a language that writes no spaces.
    return (words if len(words) > len(cut) // 2 else cut).rstrip() + "…"


def clean_name(raw: str, most: int) -> str:
    """A name or an address that is kept as data: `visible` with single spaces, cut at `most` characters without an ellipsis."""
    return visible(" ".join(raw.split()))[:most]


def one_line(raw: str, most: int = LONGEST_SHOWN) -> str:
    """At most `most` characters on one line; what is not printable becomes a space."""
    return " ".join("".join(char if char.isprintable() else " " for char in raw[: 4 * most]).split())[:most]


def page_text(raw: str) -> str:
    """Text fit for a page: line breaks stay, other control characters and lone surrogates do not."""
    return "".join(char if _on_a_page(char) else "\N{REPLACEMENT CHARACTER}" for char in utf8(raw))


def shown(raw: str) -> str:
    """`page_text`, not longer than any message is."""
    text = page_text(raw[: LONGEST_SHOWN + 1])
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + " … (cut)"


def html_with_code(text: str) -> Markup:
    """HTML in which text in backticks is code."""
    return Markup(re.sub(r"`([^`\n]{1,200})`", r"<code>\1</code>", str(escape(text))))


def escaped(raw: str) -> str:
    """HTML, also in the value of an attribute."""
    return html.escape(raw)


def decode_bytes(raw: bytes) -> str:
    """What a process wrote: each byte that is not UTF-8 becomes a replacement character, and the zeros that a hole in a file gives are left out."""
    return raw.decode("utf-8", "replace").replace("\x00", "")


def cell_output(raw: str, most: int, cut: str) -> str:
    """What a cell printed, without a terminal's colours and control characters; `cut` ends what is longer than `most`."""
    text = utf8(_CONTROL.sub("", raw[: 4 * most]))
    return text if len(text) <= most else text[:most] + cut


def last_part(raw: str, most: int) -> str:
    """The last `most` characters. Not made safe otherwise: it goes through `shown`."""
    text = raw.rstrip()
    return text if len(text) <= most else "… " + text[-most:]


def escape_formula(cell: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before it. One line only."""
    return _START.sub(_escaped_start, " ".join(cell.splitlines()))


def _escaped_start(start: re.Match[str]) -> str:
    before, run, formula = start.groups()
    return f"{before}'{run.replace(_TAB, _ESCAPED_TAB)}{formula}" if formula else start[0]


def unescape_formula(cell: str) -> str:
    """What `escape_formula` was given, where that was one line."""
    return _START.sub(_unescaped_start, cell.strip())


def _unescaped_start(start: re.Match[str]) -> str:
    before, run, formula = start.groups()
    if not formula:
        return start[0]
    return before + run.removeprefix("'").replace(_ESCAPED_TAB, _TAB) + formula


def escape_formula_in_sheet(cell: str) -> str:
    """A cell of a downloaded sheet that is handed back: its lines stay, and what was escaped before is not escaped again."""
    return _START_IN_A_SHEET.sub(_escaped_start_in_sheet, cell)


def _escaped_start_in_sheet(start: re.Match[str]) -> str:
    before, run, formula = start.groups()
    return f"{before}'" + _BREAK_IN_A_SHEET.sub(r"\g<0>'", run) + formula if formula else start[0]


def inert_markup(text: str) -> str:
    """Markdown without what would run in a page made of it, or on a click there."""
    return _SCRIPT.sub(r"\g<0> ", _ENTITY.sub("& ", _TAG.sub("< ", text)))


def file_stem(raw: str) -> str:
    """Letters, marks, digits, `_`, `-` and inner dots; everything else becomes a dash. Two names may give one stem."""
    text = unicodedata.normalize("NFC", raw)
    text = "".join(char if char in "_-." or unicodedata.category(char)[0] in "LMN" else "-" for char in text)
    text = text.encode("utf-8", "replace")[:LONGEST_STEM].decode("utf-8", "ignore").strip(".-")
    if not text or text.split(".")[0].casefold() in RESERVED:
        text = f"submission-{text}".strip("-")
    return text


def inner_path(raw: str) -> PurePosixPath:
    """A path below any folder, from a name in an archive: `../../lab.ipynb` is lab.ipynb at the top."""
    return PurePosixPath(*(part for part in raw.replace("\\", "/").split("/") if part not in ("", ".", "..")))


def moodle_name(name: str) -> str:
    """A person's name as Moodle has it in a path: an underscore would end it."""
    text = "".join("-" if char in '/\\:*?"<>|_' or not char.isprintable() else char for char in name)
    return text.strip(" .") or "Participant"


def utf8(raw: str) -> str:
    """Text that can be written as UTF-8: lone surrogates become question marks."""
    return encodable(raw, "utf-8")


def encodable(raw: str, encoding: str) -> str:
    """Text that the encoding can hold: everything else becomes a question mark."""
    return raw.encode(encoding, "replace").decode(encoding)


def to_bytes(text: str) -> bytes:
    """The text as UTF-8. What that cannot hold (half a surrogate pair) becomes its escape."""
    return text.encode("utf-8", "backslashreplace")


def escape_on_terminals() -> None:
    """A terminal without é shows its escape: it must not stop a class with André."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def without_paths(text: str, own: str = "") -> str:
    """Each path that is not in `own`, the student's code, is cut down to its last part."""
    return _PATH.sub(lambda path: path[0] if path[0] in own else path[1] or path[2], text)


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file's name that is not UTF-8, as os.fsdecode hands it over
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _on_a_page(char: str) -> bool:
    return char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"
