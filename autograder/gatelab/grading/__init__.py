"""One submission on the trusted side: engine, examiner, verdicts, the name of the mistake."""
