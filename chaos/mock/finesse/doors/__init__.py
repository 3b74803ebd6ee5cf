"""The ways in to a node: who listens, and how a client's stream comes over TCP, BOSH or WebSocket."""
