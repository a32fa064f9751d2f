"""What strangers' bytes meet first, fed with bytes that a fuzzer makes: see targets.py and run.py."""

TARGETS = ("wire", "notebook", "table", "grades", "archive")
