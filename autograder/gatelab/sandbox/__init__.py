"""The trust line and everything behind it: fork server, worker, confinement."""
