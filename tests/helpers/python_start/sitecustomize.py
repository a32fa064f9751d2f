"""Every Python that a test starts begins with this: quick_start.py puts the folder on PYTHONPATH.

jsonschema, which nbformat imports, builds 38 parsers with `rfc3987_syntax` for a kind of address that no schema of a notebook
uses. That takes 2 s of CPU time, more than the rest of nbformat, of otter or of nbgrader, and jsonschema works without that package.
"""

import sys
from typing import Any

modules: dict[str, Any] = sys.modules
modules.setdefault("rfc3987_syntax", None)
