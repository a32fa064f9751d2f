"""Helpers for the tests: small labs, classes and notebooks to test with, and ways to look at the results."""
