"""What the kit's own steps of `nbgrader generate_feedback` have in common."""

from __future__ import annotations

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List, Unicode


class FeedbackStep(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no stubs
    """A step of `generate_feedback`. nbconvert's HTML exporter sets `display_data_priority` for each of them, and traitlets warns of one
    that cannot be set; none of ours uses it."""

    display_data_priority = List(Unicode(), help="Set by nbconvert.").tag(config=True)
