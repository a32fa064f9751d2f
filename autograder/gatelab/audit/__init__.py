"""Tests the suites with the bank of right and wrong solutions."""
