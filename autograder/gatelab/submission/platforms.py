"""How learning platforms name what they let staff download."""

from __future__ import annotations

import re

# Names under which the systems let staff download all submissions at once:
# Canvas  lovelaceada_4711_90210_lab.ipynb, lovelaceada_LATE_4711_90210_lab-1.ipynb: the user's ID first
# Moodle  Ada Lovelace_4711_assignsubmission_file_…: the participant's number
CANVAS_DOWNLOAD = re.compile(r"^[^_]+(?:_LATE)?_(\d+)_\d+_", re.IGNORECASE)
MOODLE_DOWNLOAD = re.compile(r"_(\d+)_assignsubmission_")
