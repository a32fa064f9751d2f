"""What is run by hand or by `make`: experiments that take long, and pages and records that are written from what was found."""
