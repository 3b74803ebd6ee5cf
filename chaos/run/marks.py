"""The clause mark of a test."""

import pytest


def clause_of(item: pytest.Item) -> str:
    """The clause that a test judges. Raises UsageError: it has no mark, or several."""
    marks = list(item.iter_markers("clause"))
    if len(marks) != 1:
        raise pytest.UsageError(f"{item.nodeid} needs exactly one @pytest.mark.clause(...), it has {len(marks)}")
    return str(marks[0].args[0])
