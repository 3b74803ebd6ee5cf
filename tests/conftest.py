"""What all tests share."""

import signal

import pytest
from hypothesis import settings

from chaos import redaction

# Hypothesis' deadline is wall time, which says nothing on a busy machine; pytest-timeout guards against hangs. The same
# examples every time, so that a red run is about the change at hand; `--hypothesis-profile=explore` looks further.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("house")

TIME_LIMIT_S = 120.0


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """How the project's own tests run, whichever of them are asked for; the suites that users play know none of it."""
    config.addinivalue_line("filterwarnings", "error")
    give_children_their_signals()
    if config.option.timeout is None:
        config.option.timeout, config.option.timeout_method = TIME_LIMIT_S, "signal"


@pytest.fixture(autouse=True, scope="module")
def _no_secrets_of_others() -> None:
    """A process knows the secrets of one lab; in this one the labs of hundreds of tests follow each other, and what one
    calls a password another one writes into a message that is compared."""
    vars(redaction.KNOWN).update(vars(redaction.Redactor()))


def give_children_their_signals() -> None:
    """Under nohup, or in a script's background, signals are ignored, and by every program that a test starts as well.

    A handler that does nothing serves us as well as ignoring, and is not inherited: children begin with the default.
    """
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
