"""The markers of a master, and everything that somebody might type when they mean one.

In a code cell:                        in a written answer (markdown):

    # BEGIN SOLUTION                   <!-- # BEGIN SOLUTION -->
    …                                  …
    # END SOLUTION                     <!-- # END SOLUTION -->
    return total  # GIVEN

The solution is between the first two. `# GIVEN` ends a line that students get as it is. A marker must be exact; anything
that only looks like one is an error, because its region would be released.
"""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from gatelab.limits import LINES_KEPT

BEGIN = "# BEGIN SOLUTION"
END = "# END SOLUTION"
GIVEN = "# GIVEN"
# The forms that a whole line may have; Markdown's comment signs hide the marker on the page.
BEGINS = {"code": (BEGIN,), "markdown": (BEGIN, f"<!-- {BEGIN} -->"), "raw": ()}
ENDS = {"code": (END,), "markdown": (END, f"<!-- {END} -->"), "raw": ()}

# Markers, ours and other tools', reduced to their letters → how many typing errors are tolerated.
MARKS = {
    "beginsolution": 3, "endsolution": 2, "solutionbegin": 3, "solutionend": 2, "solution": 1, "ifsolution": 1,
    "solutionnoprompt": 3, "noprompt": 1, "beginanswer": 2, "endanswer": 2,
    "beginhiddentests": 4, "endhiddentests": 3, "beginhidden": 2, "endhidden": 2, "hiddentests": 2,
    "begintests": 2, "endtests": 1, "beginprompt": 2, "endprompt": 2, "beginquestion": 2, "endquestion": 2,
    "beginmarkscheme": 3, "endmarkscheme": 3, "autotest": 1, "hashedautotest": 2, "assignmentconfig": 2,
    "yourcodehere": 2, "begin": 0, "end": 0,
}  # fmt: skip
MAX_LETTERS = 24  # letters of a text that is compared with them as a whole; the longest has 16, and typing errors may add four
CONSONANTS = ("bgnsltn", "ndsltn")  # for the first two, since people who drop vowels drop several
OPENERS = {"start", "starts", "begins", "beginning", "open", "opens"}
CLOSERS = {"stop", "stops", "ends", "ending", "finish", "close", "closes"}
# Letters of other alphabets that look like ours.
_LOOKALIKES = str.maketrans("АВЕІКМНОРСТУХаеікорсухΑΒΕΗΙΚΜΝΟΡΤΧ", "ABEIKMHOPCTYXaeikopcyxABEHIKMNOPTX")


@dataclass(frozen=True)
class Remark:
    """A piece of text in which a marker can be: a comment, or a line of a string, of markdown, of a raw cell."""

    line: int  # from 1, in its cell
    text: str
    kind: str  # comment, string, text, code
    alone: bool  # whether it is alone on the line


@lru_cache(maxsize=LINES_KEPT)  # a build reads every master three times
def looks_like_marker(text: str, prose: bool = False) -> bool:
    """Whether somebody who typed this may have meant a marker.

    prose: sentences are expected here, which may well mention the end of a solution.
    """
    words = _words(text)
    letters = "".join(words)
    if not letters:
        return False
    if len(letters) <= MAX_LETTERS:
        if any(distance(letters, mark, slips) <= slips for mark, slips in MARKS.items()):
            return True
        bare = re.sub("[aeiou]", "", letters)
        if any(distance(bare, mark, 1) <= 1 for mark in CONSONANTS):
            return True
    return _has_edge_near_solution(words, prose and not text.isupper()) or _is_in_capitals(text)


def remarks(cell_type: str, source: str) -> Iterator[Remark]:
    """Every piece of a cell's text in which a marker can be."""
    lines = source.split("\n")
    if cell_type != "code":
        yield from (Remark(number, line, "text", True) for number, line in enumerate(lines, start=1))
        return
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):  # for example a magic: the text after a # may be a comment
        for number, line in enumerate(lines, start=1):
            code, sign, comment = line.partition("#")
            if sign:
                yield Remark(number, sign + comment, "comment", not code.strip())
            else:
                yield Remark(number, line, "code", True)
        return
    for token in tokens:
        (row, column), text = token.start, token.string
        if token.type == tokenize.COMMENT:
            yield Remark(row, text, "comment", not lines[row - 1][:column].strip())
        elif tokenize.tok_name[token.type] in ("STRING", "FSTRING_MIDDLE"):
            yield from (Remark(row + k, part, "string", False) for k, part in enumerate(text.split("\n")))
    for number, line in enumerate(lines, start=1):
        if "#" not in line:  # `BEGIN SOLUTION`, where the # was forgotten
            yield Remark(number, line, "code", True)


def given_mark(comment: str) -> bool:
    """Whether this comment marks its line as given."""
    return comment == GIVEN or comment.endswith(f" {GIVEN}")


def without_given(source: str) -> str:
    """Code as students get it: `return h  # GIVEN` becomes `return h`."""
    lines = source.split("\n")
    for remark in remarks("code", source):
        if remark.kind == "comment" and given_mark(remark.text):
            line = lines[remark.line - 1].rstrip()
            lines[remark.line - 1] = line.removesuffix(GIVEN).rstrip()
    return "\n".join(lines)


def distance(a: str, b: str, limit: int) -> int:
    """How many letters were dropped, added, mistaken or swapped with a neighbour; limit + 1 if there are more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            row.append(best)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES))
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Mn"))
    return re.findall(r"[^\W\d_]+", text.casefold())


def _has_edge_near_solution(words: list[str], prose: bool) -> bool:
    """Whether a word like BEGIN or END is next to or near one like SOLUTION."""
    prose = prose and len(words) > 2
    reach = 1 if prose else 3
    for k, word in enumerate(words):
        if _resembles_solution(word, prose):
            beside = words[max(0, k - reach) : k] + words[k + 1 : k + 1 + reach]
            if any(_resembles_edge(other, prose) for other in beside):
                return True
    return False


def _is_in_capitals(text: str) -> bool:
    """Whether it is BEGIN or END and at most two more words, all in capitals: some tool's marker."""
    first, *more = re.findall(r"[^\W\d_]+", text) or [""]
    return text.isupper() and first in ("BEGIN", "END") and len(more) <= 2


def _resembles_solution(word: str, prose: bool) -> bool:
    if not prose and word in ("sol", "soln", "solut"):
        return True
    return len(word) >= 6 and distance(word.removesuffix("s"), "solution", 2) <= (1 if prose else 2)


def _resembles_edge(word: str, prose: bool) -> bool:
    if prose:
        return word in ("begin", "end")
    return (
        word in OPENERS | CLOSERS
        or (len(word) >= 4 and distance(word, "begin", 2) <= 2)
        or (word != "and" and len(word) in (2, 3, 4) and distance(word, "end", 1) <= 1)
    )
