"""The suites judged by the bank of right and wrong solutions."""
