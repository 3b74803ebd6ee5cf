"""Clients of the product and of the hosts under it. Each records every exchange."""
