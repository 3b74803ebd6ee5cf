"""The lab's lease: is anybody using the lab now?"""

import json
import os

from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, NotLooked, bad, ok
from chaos.safety.lease import Holder, lab_folder

_FILE = "lease"


async def free(ctx: Context) -> Finding:
    """A check: no run has the lab, and nobody is healing it. The lease is not taken."""
    try:
        import fcntl
    except ImportError:
        raise NotLooked("this system has no flock, which keeps two runs from one lab") from None
    path = lab_folder(ctx.inventory, ctx.env) / _FILE
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ok("free: nobody has used the lab from here")
    try:
        # A shared lock disturbs no other look, and is gone at once.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return bad(f"the lab is {_holder(file)}", f"wait until that has ended ({path})")
    finally:
        os.close(file)
    return ok("free")


def _holder(file: int) -> str:
    try:
        return str(Holder(**json.loads(os.pread(file, 4096, 0))))
    except (ValueError, TypeError):
        return "used by somebody"
