"""How a host is convinced."""

from enum import Enum


class Method(Enum):
    """How a host is convinced; the values are SSH's names."""

    KEY = "publickey"
    INTERACTIVE = "keyboard-interactive"
    PASSWORD = "password"
