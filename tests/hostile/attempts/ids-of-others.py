"""Gives its cell the IDs of every question."""

CELL_METADATA = {'nbgrader': {'schema_version': 3, 'grade': True, 'grade_id': 'q2', 'points': 12, 'locked': True, 'solution': False, 'task': False}}

first_answer = 1
# %%
second_answer = 2
