"""The frame of the public checks. A lab has an `__init__.py` of its own here, which says what its checks may import."""
