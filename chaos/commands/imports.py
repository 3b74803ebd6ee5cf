"""Importing what a run needs, in less time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """While this is open no garbage is looked for: imports make hundreds of thousands of objects that stay, and Python
    would look through them again and again. Afterwards it looks at everything but those."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
