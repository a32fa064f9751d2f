"""The framework of the public checks. A lab has its own `__init__.py` here, which says what its checks may import."""
