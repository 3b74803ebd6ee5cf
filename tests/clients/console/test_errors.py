"""What is worth another try, and what never will be."""

import pytest

from chaos.clients.console import errors
from chaos.errors import InventoryError
from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError

STOPPED = ServiceLine("Cisco Finesse Tomcat", ServiceState.STOPPED)


@pytest.mark.parametrize(
    "error",
    [
        TranscriptError("Executed command unsuccessfully"),
        errors.UnknownService("no such service yet"),
        errors.ActionRefused("busy"),
        errors.StateNotReached("fin-a", STOPPED, ServiceState.STARTED, 5.0),
        errors.ConsoleSilent("x"),
        errors.ConsoleLost("x"),
        errors.ConsoleUnreachable("x"),
        errors.ConsoleGarbled("x"),
        errors.OutOfStep("x"),
        errors.UnknownProcess("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_is_not_a_state_may_become_one(error: Exception) -> None:
    assert errors.may_pass(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.HostKeyRefused("x"),
        errors.LoginRefused("x"),
        errors.LoginAsksBack("x"),
        errors.NoCommonAlgorithm("x"),
        InventoryError("key file"),
        ValueError("a bug of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_only_a_person_can_mend_is_not_tried_again(error: Exception) -> None:
    assert not errors.may_pass(error)
