"""The line and what lies behind it: fork server, worker, confinement."""
