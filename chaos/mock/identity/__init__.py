"""Cisco Identity Service, and the identity provider behind it: who has signed on, and until when tokens are good."""
