"""Programs run by hand or by `make`: experiments that take long, and pages and records that are written from the results."""
