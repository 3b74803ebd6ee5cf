"""Figures of the embedded server beside the Go original's: `scripts/bench-proxy`."""
