"""Names the mistake in an answer. If that fails, gives the answer a signature, by which answers with the same unnamed mistake are grouped."""

from __future__ import annotations

import math

from gatelab.grading.attempt import QuestionRun
from gatelab.grading.identify import identify
from gatelab.grading.references import references_before
from gatelab.grading.signature import own_code, signature
from gatelab.lab.bank import Bank, compose
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Mistake, Question


def name_mistake(
    attempt: QuestionRun, question: Question, lab: Lab, bank: Bank, sources: dict[int, str]
) -> None:
    """Enter the mistake in the question, with the points that it still earns. `sources`: the submission's code by cell."""
    # The bank's mistakes are replayed with the references, whatever the attempt was graded with: own versions that earned
    # full points give the same numbers, which the contract fixes. A mistake in using something that only an own version
    # has gives other numbers and stays unnamed.
    chaffs = [chaff for chaff in bank.chaffs if chaff.question == question.id]
    found = None
    if not attempt.uses_wrong_answers:  # otherwise the numbers show two mistakes at once
        found = identify(
            attempt.trace,
            chaffs,
            references_before(lab, question.id),
            lab.reference(question.id) if lab.has_reference(question.id) else None,
            compose if attempt.spec.pairs else None,
            lab.without(attempt.spec),
        )
    if not found and attempt.trace.failed and question.attempted:
        own = attempt.spec.names
        question.signature = signature(attempt.trace)
        question.code = own_code(sources, own, lab.names.difference(own))
    if found:
        question.mistakes = [Mistake(chaff.id, chaff.misconception, chaff.hint) for chaff in found]
        if found.full:
            share = math.prod(chaff.credit for chaff in found) * lab.settings.credit
            question.credit = round(share * question.max_points, 2)
