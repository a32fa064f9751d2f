"""What tests import: small labs, classes and notebooks to try things on, and what looks at the outcome."""
