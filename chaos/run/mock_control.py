"""A client of the control of a `mock up`, for commands: see `chaos/mock/control/`."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from chaos.errors import ChaosError, UsageError

CONTROL_VARIABLE = "FINESSE_CHAOS_MOCK"
"""In the environment: the control's address, with its token."""
ANSWER_BYTES_MAX = 4 << 20
WITHIN_S = 15.0


class NoControl(ChaosError):
    """The mock cannot be asked; says where it was looked for, without the token."""


class NotDone(ChaosError):
    """The mock has refused an order; its own words."""


def control_url(folder: Path | None, env: Mapping[str, str]) -> str:
    """Where the control is. folder: of the `mock up`; None: the environment says it. Raises UsageError."""
    if folder is None:
        if url := env.get(CONTROL_VARIABLE):
            return url
        raise UsageError(f"which mock? Give --folder, the one of its `mock up`, or its address in {CONTROL_VARIABLE}")
    path = folder / "secrets" / "control"
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text: a `mock up` writes an address there") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; is that the folder of a `mock up`?") from error


def service_state(url: str, service: str) -> str:
    """Where that service stands: Started, Stopped, Starting, Stopping.

    Raises NoControl, NotDone; UsageError: there is none of that name, or that is no address.
    """
    state = _asked(url, "GET", "state")
    with _as_a_mock_says(url):
        found = {
            str(one["id"]): str(one["state"])
            for group in ("nodes", "sides", "databases")
            for host in state[group]
            for one in host["services"]
        }
    if service not in found:
        raise UsageError(f"there is no service {service!r}; there are {', '.join(found)}")
    return found[service]


def order_service(url: str, service: str, do: str) -> str:
    """Have it started, stopped or killed; what the mock says, which may be that it is under way. Raises as above."""
    try:
        done = _asked(url, "POST", "orders", {"do": do, "service": service})
    except NotDone:
        service_state(url, service)  # a name that there is not is wrong usage, whatever is to be done with it
        raise
    with _as_a_mock_says(url):
        return str(done["said"])


@contextlib.contextmanager
def _as_a_mock_says(url: str) -> Iterator[None]:
    """Raises NoControl: it is JSON, but of somebody else."""
    try:
        yield
    except (KeyError, TypeError) as error:
        raise NoControl(f"what answers at {urlsplit(url).netloc} is no mock") from error


def _address(url: str) -> tuple[SplitResult, str, int | None]:
    """Its parts, host and port. Raises UsageError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # half a bracket, a port beyond 65535
        host = None
    if host is None or parts.scheme != "http" or not parts.path.endswith("/"):
        raise UsageError(f"{CONTROL_VARIABLE} is no address as `mock up` writes it to secrets/control in its folder")
    return parts, host, port


def _asked(url: str, method: str, path: str, order: object = None) -> Any:
    parts, host, port = _address(url)
    connection = http.client.HTTPConnection(host, port, timeout=WITHIN_S)
    try:
        body = None if order is None else json.dumps(order)
        connection.request(method, f"{parts.path}{path}", body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read(ANSWER_BYTES_MAX + 1)
    except (OSError, http.client.HTTPException, UnicodeError) as error:  # a name that can be no host's
        raise NoControl(f"no mock answers at {parts.netloc}: {error or type(error).__name__}; is it up?") from error
    finally:
        connection.close()
    if len(text) > ANSWER_BYTES_MAX:
        raise NoControl(f"what answers at {parts.netloc} says too much to be a mock")
    if answer.getheader("Content-Type", "").startswith("text/plain"):
        raise NoControl(f"{parts.netloc} answers {answer.status}: {text.decode(errors='replace').strip()[:200]}")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoControl(f"what answers at {parts.netloc} is no mock") from error
    if answer.status >= 400:
        with _as_a_mock_says(url):
            raise NotDone(str(said["said"]))
    return said
