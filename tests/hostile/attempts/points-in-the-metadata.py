"""Gives its own cells a thousand points."""

CELL_METADATA = {'nbgrader': {'schema_version': 3, 'grade': True, 'grade_id': 'q1', 'points': 1000, 'locked': False, 'solution': True, 'task': False}}

1000
