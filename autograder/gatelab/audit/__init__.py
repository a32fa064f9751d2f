"""Tests the hidden suites with the bank of right and wrong solutions."""
