"""The scalar types of an inventory: each accepts one spelling, and says what it expected and how to mend it.

A validator here raises `refusal(...)`, whose context `chaos.inventory.reading` turns into one line of the error text.
No value is ever put into the message by a validator, since it might be a secret: what was found is added by the reader,
which knows the key.
"""

import base64
import binascii
import ipaddress
import re
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Strict, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

REFUSAL = "inventory_refusal"
"""Type of every pydantic error that this room raises itself."""

HOST_KEY_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")

_DIGITS = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SPACES = re.compile(r"\s")


class WrittenInt(int):
    """A whole number that remembers its spelling, so that extension `0123` does not become `123`."""

    text: str

    def __new__(cls, value: int, text: str) -> "WrittenInt":
        """Wrap `value`, written as `text` in the file."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class WrittenFloat(float):
    """A number with a point that remembers its spelling, so that release `12.60` stays what was written."""

    text: str

    def __new__(cls, value: float, text: str) -> "WrittenFloat":
        """Wrap `value`, written as `text` in the file."""
        made = super().__new__(cls, value)
        made.text = text
        return made


class Endpoint(NamedTuple):
    """A TCP address: host (name or IP, IPv6 without brackets) and port."""

    host: str
    port: int


def refusal(expected: str, remedy: str) -> PydanticCustomError:
    """The error a validator raises: what was expected, and how to mend it. Neither may hold the value found."""
    return PydanticCustomError(REFUSAL, "expected {expected}", {"expected": expected, "remedy": remedy})


def endpoint(text: str) -> Endpoint:
    """Split `host:port` or `[v6]:port`. Raises ValueError when it is neither, or the port is not in 1 … 65535."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("an IPv6 address stands in brackets")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 1 <= int(port[:6]) <= 65535:
        raise ValueError("not host:port")
    return Endpoint(host, int(port))


def ip_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The literal IP address in `host`, or None when it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _as_written(value: object) -> object:
    return value.text if isinstance(value, WrittenInt | WrittenFloat) else value


def _in_digits(value: object) -> object:
    # YAML 1.1 reads 0123 as 83, other readers as 123: what readers disagree on is no number here.
    if isinstance(value, WrittenInt | WrittenFloat) and not _DIGITS.fullmatch(value.text):
        raise refusal(
            "a number in plain digits", "write decimal digits, without '+', a leading zero, '0o', '0x' or an exponent"
        )
    return value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise refusal(
            "a name of ASCII letters, digits, '.', '_' and '-', at most 64, with a letter or digit first",
            "give a name, not a path: it stands in the names of files and in reports",
        )
    return value


def _host_name(value: str) -> str:
    if ip_of(value) is not None:
        return value
    labels = value.removesuffix(".").split(".")
    if len(value) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise refusal(
            "a host name of letters, digits, '.' and '-', or an IP address",
            _in_ascii(value) or "give the name alone, without scheme, port, path or user",
        )
    if any(_stands_for_nothing(label) for label in labels):
        raise refusal("a host name", "what follows 'xn--' there stands for no name in other letters: look for a typo")
    if labels[-1].isdigit():
        raise refusal("a host name or a whole IP address", "an IPv4 address has four numbers from 0 to 255")
    return value.removesuffix(".")


def _in_ascii(value: str) -> str | None:
    """What to do about a name in letters of other scripts. None: it is no name in those, either."""
    try:
        ascii_ = value.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if value.isascii() or not all(_LABEL.fullmatch(label) for label in ascii_.split(".")):
        return None
    return f"write a name in other letters as its registry does: {ascii_}"


def _stands_for_nothing(label: str) -> bool:
    """Of a label that is said to stand for one in other letters (RFC 5890)."""
    if not label.lower().startswith("xn--"):
        return False
    try:
        label.encode("ascii").decode("idna")
    except UnicodeError:
        return True
    return False


def _ip(value: str) -> str:
    if ip_of(value) is None:
        raise refusal("a literal IP address", "give the address alone (the name belongs to 'host'), without port")
    return value


def _ip4(value: str) -> str:
    if not isinstance(ip_of(value), ipaddress.IPv4Address):
        raise refusal("a literal IPv4 address", "Finesse reaches CTI servers and the AWDB over IPv4 only")
    return value


def _host_port(value: str) -> str:
    try:
        host, _ = endpoint(value)
    except ValueError:
        raise refusal("host:port, the port from 1 to 65535", "for example 10.10.20.5:42027") from None
    _host_name(host)
    return value


def _bind_port(value: str) -> str:
    host, _ = endpoint(_host_port(value))
    address = ip_of(host)
    if address is None:
        raise refusal("a literal IP address and a port", "a name could resolve elsewhere tomorrow: write its address")
    if address.is_unspecified:
        raise refusal(
            "one address of this machine, never the wildcard",
            "Toxiproxy reports a wildcard back as another address, and would recreate the proxy each time:"
            " write the address that Finesse dials",
        )
    if address.version != 4:
        raise refusal("an IPv4 address and a port", "Finesse reaches CTI servers and the AWDB over IPv4 only")
    return value


def _api_url(value: str) -> str:
    remedy = "for example http://127.0.0.1:8474"
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        raise refusal("http://host:port", remedy) from None
    if (
        url.scheme != "http"
        or not url.hostname
        or port is None
        or url.path not in ("", "/")
        or url.query
        or url.fragment
    ):
        raise refusal("http://host:port", remedy)
    if url.username is not None or url.password is not None:
        raise refusal("http://host:port without user and password", "Toxiproxy knows no authentication: leave it out")
    _host_name(url.hostname)
    return value.rstrip("/")


def _host_key(value: str) -> str:
    scan = "pin what 'ssh-keyscan HOST' prints after the host name, once compared with the host's own console"
    words = value.split()
    if value.startswith(("SHA256:", "MD5:")):
        raise refusal("a whole public host key", f"a fingerprint cannot be pinned; {scan}")
    if len(words) > 1 and words[0] not in HOST_KEY_TYPES and words[1] in HOST_KEY_TYPES:
        raise refusal("a key type and its base64 text", "leave out the host name before the key type")
    if len(words) < 2 or words[0] not in HOST_KEY_TYPES:
        raise refusal(f"'TYPE BASE64' with a type of {', '.join(HOST_KEY_TYPES)}", scan)
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        raise refusal("a host key whose second word is whole base64", f"it was cut or mistyped; {scan}") from None
    kind = words[0].encode()
    if blob[: 4 + len(kind)] != len(kind).to_bytes(4, "big") + kind or len(blob) < 4 + len(kind) + 36:
        raise refusal(f"base64 of a {words[0]} key", f"it was cut or belongs to another key type; {scan}")
    return f"{words[0]} {words[1]}"


def _no_spaces(value: str) -> str:
    if _SPACES.search(value) or not value.isprintable():
        raise refusal("text without blanks and control characters", "check for a stray blank or a missing quote")
    return value


def _agent_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", value):
        raise refusal(
            "an agent's id of letters, digits, '.', '_' and '-', at most 32",
            "give the id alone, as the peripheral has it: it becomes a part of addresses",
        )
    return value


def _extension(value: str) -> str:
    # GED-188 has 16 bytes for an extension (AGENT_EXTENSION).
    if not re.fullmatch(r"[0-9*#+]{1,16}", value):
        raise refusal("an extension", "write digits, '*', '#' or '+' alone, at most 16")
    return value


def _dialable(value: str) -> str:
    if not re.fullmatch(r"[0-9*#+]{1,32}", value):
        raise refusal("a number to dial", "write digits, '*', '#' or '+' alone, at most 32")
    return value


def _env_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise refusal("the name of an environment variable", "give the variable's name, never its value")
    return value


def _rooted(value: Path, info: ValidationInfo) -> Path:
    if value.parts[:1] and value.parts[0].startswith("~"):
        raise refusal("a path", "'~' is not expanded: write the path out, or relative to the inventory")
    base = (info.context or {}).get("base")
    return Path(base) / value if base is not None else value


def _path_text(value: object) -> object:
    value = _as_written(value)
    if isinstance(value, str) and (not value.strip() or "\0" in value):
        raise refusal("the path of a file", "name the file, or leave the key out")
    return value


def _program(value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """The program of a command line: a path in it is relative to the inventory, a bare name is looked up in PATH."""
    if any("\0" in word for word in value):
        raise refusal("arguments without NUL characters", "write plain text")
    program, *arguments = value
    if not program.strip():
        raise refusal("a program", "name the program first, then its arguments")
    return (str(_rooted(Path(program), info)) if "/" in program else program, *arguments)


def _words(value: object) -> object:
    if isinstance(value, str):
        raise refusal("a list of words", "write [program, argument, …]; no shell reads it")
    return value


Text = Annotated[str, BeforeValidator(_as_written), StringConstraints(min_length=1, max_length=256)]
Name = Annotated[Text, AfterValidator(_name)]
Word = Annotated[Text, AfterValidator(_no_spaces)]
HostName = Annotated[Text, AfterValidator(_host_name)]
Address = Annotated[Text, AfterValidator(_ip)]
Address4 = Annotated[Text, AfterValidator(_ip4)]
HostPort = Annotated[Text, AfterValidator(_host_port)]
BindPort = Annotated[Text, AfterValidator(_bind_port)]
ApiUrl = Annotated[Text, AfterValidator(_api_url)]
HostKey = Annotated[str, BeforeValidator(_as_written), StringConstraints(max_length=4096), AfterValidator(_host_key)]
EnvName = Annotated[Text, AfterValidator(_env_name)]
AgentId = Annotated[Text, AfterValidator(_agent_id)]
Extension = Annotated[Text, AfterValidator(_extension)]
Dialable = Annotated[Text, AfterValidator(_dialable)]
Flag = Annotated[bool, Strict()]
"""`true` or `false`, and nothing that only looks like it: consent is not guessed."""
Whole = Annotated[int, BeforeValidator(_in_digits), Strict()]
Port = Annotated[Whole, Field(ge=1, le=65535)]
Seconds = Annotated[float, BeforeValidator(_in_digits), Strict(), Field(gt=0, le=86_400, allow_inf_nan=False)]
_Argument = Annotated[str, BeforeValidator(_as_written), StringConstraints(max_length=4096)]
Argv = Annotated[
    tuple[_Argument, ...], BeforeValidator(_words), Field(min_length=1, max_length=64), AfterValidator(_program)
]
FilePath = Annotated[Path, BeforeValidator(_path_text), AfterValidator(_rooted)]


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        raise refusal("a pattern of Python's 're'", "put a backslash before ( ) [ ] . * + ? | where meant") from None
    return text


Pattern = Annotated[Text, AfterValidator(_pattern)]
"""A regular expression."""
