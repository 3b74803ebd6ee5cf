"""One verdict over several nodes."""

from chaos.verdicts.common import each

__all__ = ["each"]
