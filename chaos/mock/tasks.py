"""Tasks that nobody awaits."""

import asyncio


def report_failure(task: "asyncio.Task[None]") -> None:
    """As a done callback: such a task must not fail in silence."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": f"{task!r} failed", "exception": error, "task": task})
