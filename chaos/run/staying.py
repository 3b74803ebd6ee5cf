"""What a run makes to keep until its end, made in less time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def staying() -> Iterator[None]:
    """While this is open no garbage is looked for: imports and journals that are read make hundreds of thousands of
    objects that stay, and Python would look through them again and again. Afterwards it looks at everything but what
    there is by then."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
