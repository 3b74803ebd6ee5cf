"""Where results are printed: on a terminal as wide as that is; piped, wrapped nowhere."""

import sys

from rich.console import Console

# Wider than any line of ours.
_UNWRAPPED = 1_000_000


def result_console() -> Console:
    """Rich takes a pipe for a terminal of 80 columns; whoever searches what is piped looks for whole lines."""
    return Console() if sys.stdout.isatty() else Console(width=_UNWRAPPED)
