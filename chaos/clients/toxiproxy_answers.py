"""What a Toxiproxy server shows and says, read strictly: garbage becomes an error of ours, never a foreign one."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from chaos.clients.bounded import Answer
from chaos.errors import FaultError

Json = dict[str, Any]

_SAID_CHARACTERS_MAX = 200


class ToxiproxyError(FaultError):
    """A Toxiproxy server did not do what it was asked."""


class Unreachable(ToxiproxyError):
    """No whole answer: refused, reset, or later than the time-out. Whether the call was carried out is unknown."""


class ServerFailed(ToxiproxyError):
    """The server answered, but not as it should: 5xx, 403, or a body that makes no sense. `text` is what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"toxiproxy answered {status}: {text}")
        self.status = status
        self.text = text


class NotFound(ToxiproxyError):
    """There is no such proxy or toxic."""


class Conflict(ToxiproxyError):
    """A proxy or toxic of that name exists already."""


class Rejected(ToxiproxyError):
    """The server calls the request wrong, or the name cannot be part of an address."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """A toxic on a proxy. stream: upstream or downstream; name: empty for `<type>_<stream>`; toxicity: 0 to 1."""

    type: str
    stream: str = "downstream"
    name: str = ""
    toxicity: float = 1.0
    attributes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))


@dataclass(frozen=True, slots=True)
class ProxyState:
    """A proxy as the server shows it. listen: the bound address, once it has listened."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[Toxic, ...] = ()


def checked(answer: Answer) -> Answer:
    if answer.status in (200, 201, 204):
        return answer
    text = _error_in(answer.text)
    match answer.status:
        case 400:
            raise Rejected(text)
        case 404:
            raise NotFound(text)
        case 409:
            raise Conflict(text)
        case _:
            raise ServerFailed(answer.status, text)


def proxy_from(value: Any) -> ProxyState:
    shown = _as_object(value)
    toxics = tuple(toxic_from(toxic) for toxic in list_in(shown["toxics"]))
    enabled = shown["enabled"]
    if not isinstance(enabled, bool):
        raise TypeError(f"enabled is {enabled!r}")
    return ProxyState(str(shown["name"]), str(shown["listen"]), str(shown["upstream"]), enabled, toxics)


def toxic_from(value: Any) -> Toxic:
    shown = _as_object(value)
    attributes = {str(key): _integer(number) for key, number in _as_object(shown["attributes"]).items()}
    toxicity = shown["toxicity"]
    if isinstance(toxicity, bool) or not isinstance(toxicity, int | float) or not math.isfinite(toxicity):
        raise TypeError(f"toxicity is {toxicity!r}")
    return Toxic(str(shown["type"]), str(shown["stream"]), str(shown["name"]), float(toxicity), attributes)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"an attribute is {value!r}")
    return value


def object_in(answer: Answer) -> Json:
    return _as_object(json_in(answer))


def json_in(answer: Answer) -> Any:
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError) as problem:
        raise ServerFailed(answer.status, plain(f"not JSON: {problem}")) from problem


def _as_object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected instead of {value!r}")
    return cast("Json", value)


def list_in(value: Any) -> list[Any]:
    """A list; the server writes an empty one as null in places."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError(f"a list was expected instead of {value!r}")
    return value


def _error_in(text: str) -> str:
    try:
        shown = json.loads(text)
    except (ValueError, RecursionError):
        return plain(text)
    return plain(str(shown.get("error", text)) if isinstance(shown, dict) else text)


def plain(text: str) -> str:
    """What a server said, fit for one line of a terminal."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text[: 2 * _SAID_CHARACTERS_MAX])
    return " ".join(kept.split())[:_SAID_CHARACTERS_MAX]


def version_in(text: str) -> str:
    """JSON since 2.6 (there followed by a literal backslash and n), bare text before."""
    text = text.strip().removesuffix("\\n")
    try:
        shown = json.loads(text)
    except (ValueError, RecursionError):
        shown = None
    version = str(shown["version"]) if isinstance(shown, dict) else text
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}", version):
        raise ServerFailed(200, plain(f"no version of a Toxiproxy server: {version}"))
    return version
