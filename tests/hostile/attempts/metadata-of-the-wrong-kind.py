"""Puts numbers and lists where metadata should be."""

CELL_METADATA = {'nbgrader': [1, 2, 3], 'tags': {'a': 1}}

METADATA = {'otter': {'tests': {'q1': 'print(1)'}, 'assignment_name': 'other'}, 'language_info': {'name': 'python', 'version': [1]}}

x = 1
