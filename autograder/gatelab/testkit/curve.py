"""What a suite fills in that shows how a training went: the feedback page draws it."""

from __future__ import annotations

from gatelab.report.record.curve import Band, Curve, Look, Point

__all__ = ["Band", "Curve", "Look", "Point"]
