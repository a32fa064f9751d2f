"""The confined side: everything here may run in a process that a submission's code controls.

Nothing in this package may import the examiner's side (suite, engine, diagnosis, bank): a worker must not
hold a test, an expected value or a reference solution in its memory.
"""
