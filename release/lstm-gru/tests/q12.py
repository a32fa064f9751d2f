"""Public check of q12: is every answer there, in the required form? And are they all right, taken together?

Nobody can read the answers here: there are only hashes over all of them, which cannot say which one is wrong.
"""

import json

from seqlab.checking import TESTS, Check, Contract, concepts, need

OK_FORMAT = False
name = "q12"
check = Check(name)

STORED = json.loads((TESTS / "q12.json").read_text(encoding="utf-8"))


@check.calls
def calls(student):
    return student.watch("answers", "", sort)


def sort(answers):
    """The answers in plain form; what is missing; what is not in the required form."""
    if not isinstance(answers, dict):
        raise Contract(
            f"`answers` should be a dict such as {{'c1': 'a', ...}}, yours is a {type(answers).__name__}."
        )
    given = {str(id).strip().lower(): concepts.text(answer) for id, answer in answers.items()}
    found = {"plain": {}, "missing": [], "form": [], "unknown": sorted(given.keys() - STORED["forms"].keys())}
    for id, form in STORED["forms"].items():
        answer = given.get(id, "")
        if concepts.empty(answer):
            found["missing"].append(id)
            continue
        try:
            found["plain"][id] = concepts.read(answer, form)
        except ValueError as expected:
            found["form"].append(f"{id} should be {expected}, yours is {answer!r}.")
    if not found["plain"] and not found["form"]:
        raise NotImplementedError("q12: answers")
    return found


@check.case("answers")
def answers(sorted_answers):
    need(sorted_answers, True)
    found = sorted_answers.value
    need(sorted_answers, not found["form"], " ".join(found["form"][:3]))
    others = f" ({', '.join(found['unknown'])} is not a question.)" if found["unknown"] else ""
    need(sorted_answers, not found["missing"], f"no answer yet to {', '.join(found['missing'])}.{others}")
    (own,) = concepts.joint_hashes(found["plain"], STORED["forms"], STORED["salt"])
    text = (
        "every answer has the required form, but not all of them are right. (This check cannot know which ones.)"
    )
    need(sorted_answers, own in STORED["hashes"], text)
