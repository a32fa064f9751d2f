"""The placeholders in the messages that students may always see: the engine's (testkit/known.py), and a lab's own in its policy.toml."""

from __future__ import annotations

# {n} is a number, {s} a shape, {d} a dtype or a type's name
# in C++, {w} a name that may be shown, {x} a word that is replaced by an ellipsis.
PLACEHOLDERS = {
    "n": r"-?\d{1,6}", "N": r"\d{1,15}", "s": r"[\[(]\d{0,6}(?:, \d{1,6}){0,4},?[\])]", "x": r"\w{1,60}",
    "d": r"(?:torch\.)?(?:float|double|half|int|long|short|char|byte|bool|complex|bfloat|BFloat|Float|Double|Half|Int|Long|"
    r"Short|Char|Byte|Bool|ComplexFloat)(?:8|16|32|64|128)?",
    "w": r"[\w.]{1,80}", "o": r"(?:[-+*/%@&|^]|//|\*\*|<<|>>)=?(?: or pow\(\))?|<=?|>=?",
}  # fmt: skip
