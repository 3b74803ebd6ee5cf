"""Clients of foreign make, as they are shipped, pointed at the mock."""
