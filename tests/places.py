"""Places that belong to one test process alone: several run side by side."""

import os


def own_block() -> str:
    """Loopback addresses, "127.x.y" for hosts 1 to 254, in which `mock up` finds its documented ports free.

    Below the blocks that the launcher chooses from when it is given none (127.64 and above). Processes that live at the
    same time have different numbers, and those that are near one another have different blocks.
    """
    number = os.getpid()
    return f"127.{16 + number % 48}.{number // 48 % 256}"
