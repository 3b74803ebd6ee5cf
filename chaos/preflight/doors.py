"""Addresses and ports: does the name resolve, does anybody answer, is it TLS, and whose certificate is it?"""

import asyncio
import contextlib
import errno
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from chaos.clock import wall_now
from chaos.inventory import FinesseNode
from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, NotLooked, bad, ok, warn

# A certificate that ends sooner than this is worth a word (ours).
SOON_DAYS = 14

# Values of X509_V_ERR_…, OpenSSL, "X509_STORE_CTX_get_error".
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAME = frozenset({62, 64})


class Door(StrEnum):
    """What a connection came to."""

    OPEN = "open"
    UNRESOLVED = "the name does not resolve here"
    REFUSED = "refused"
    SILENT = "silent"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Knocked:
    """How a connection fared. detail: what the system said."""

    door: Door
    detail: str = ""


async def knock(ctx: Context, host: str, port: int) -> Knocked:
    """Connect and leave again. Never raises for what the peer or the network does."""
    return await ctx.once(f"door {host}:{port}", lambda: _knock(host, port, ctx.inventory.timing.connect_timeout_s))


async def _knock(host: str, port: int, within_s: float) -> Knocked:
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, UnicodeError) as error:
        return _knocked(error)
    await _leave(writer)
    return Knocked(Door.OPEN)


def _knocked(error: Exception) -> Knocked:
    if isinstance(error, TimeoutError):
        return Knocked(Door.SILENT)
    if isinstance(error, socket.gaierror | UnicodeError):
        return Knocked(Door.UNRESOLVED, str(error))
    if isinstance(error, ConnectionRefusedError) or _all_refused(error):
        return Knocked(Door.REFUSED)
    return Knocked(Door.UNREACHABLE, getattr(error, "strerror", None) or str(error))


def _all_refused(error: Exception) -> bool:
    """asyncio folds the errors of several addresses of one name into one text."""
    count = str(error).count("[Errno ")
    return count > 0 and str(error).count(f"[Errno {errno.ECONNREFUSED}]") == count


async def _leave(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def refused_finding(knocked: Knocked, what: str, host: str, port: int, within_s: float) -> Finding:
    """What to say of a door that is not open. what: the service behind it."""
    place = f"{host}:{port}"
    match knocked.door:
        case Door.UNRESOLVED:
            return bad(
                f"the name {host} does not resolve on this machine ({knocked.detail})",
                "correct 'host', or give the host an 'address' in the inventory",
            )
        case Door.REFUSED:
            return bad(
                f"{place} refuses connections: the host answers, but nothing listens there",
                f"start {what}, or correct the port in the inventory",
            )
        case Door.SILENT:
            return bad(
                f"{place} was silent for {within_s:g} s: no answer at all",
                "switch the host on, correct its address, or let a firewall pass this machine",
            )
        case _:
            return bad(
                f"{place} cannot be reached: {knocked.detail}",
                "correct the address, or this machine's route to it",
            )


async def is_open(ctx: Context, what: str, host: str, port: int) -> Finding:
    """A check: somebody accepts connections there."""
    knocked = await knock(ctx, host, port)
    if knocked.door is Door.OPEN:
        return ok(f"{host}:{port} accepts connections")
    return refused_finding(knocked, what, host, port, ctx.inventory.timing.connect_timeout_s)


async def require_open(ctx: Context, what: str, host: str, port: int) -> None:
    """Raises NotLooked unless somebody accepts connections there."""
    knocked = await knock(ctx, host, port)
    if knocked.door is not Door.OPEN:
        raise NotLooked(f"{what} at {host}:{port} is not reachable ({knocked.door})")


# --- TLS -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hands:
    """A TLS handshake. certificate: the peer's, as `ssl` decodes it, once it was verified."""

    knocked: Knocked
    version: str = ""
    certificate: dict[str, Any] | None = None
    trouble: ssl.SSLError | None = None
    slow: bool = False


async def tls_door(ctx: Context, what: str, node: FinesseNode, port: int) -> Finding:
    """A check: TLS with a certificate that the lab's CA vouches for, of that name, valid today and for a while."""
    hands = await shake(ctx, node, port)
    within_s = ctx.inventory.timing.connect_timeout_s
    place = f"{node.dial}:{port}"
    if hands.knocked.door is not Door.OPEN:
        return refused_finding(hands.knocked, what, node.dial, port, within_s)
    if hands.slow:
        return bad(
            f"{place} accepts connections, but says nothing: no TLS handshake within {within_s:g} s",
            f"see that {what} is healthy, and that no proxy in between swallows what it is sent",
        )
    if isinstance(hands.trouble, ssl.SSLCertVerificationError):
        return await _mistrusted(ctx, hands.trouble, node, port)
    if hands.trouble is not None:
        return bad(
            f"{place} does not speak TLS: {hands.trouble.reason or hands.trouble}",
            f"is this the port of {what}? Correct it in the inventory",
        )
    return _certificate(hands, node.host)


async def shake(ctx: Context, node: FinesseNode, port: int) -> Hands:
    """Connect, shake hands as the run's clients do, and leave."""
    return await ctx.once(
        f"tls {node.dial}:{port}",
        lambda: _shake(node.dial, port, node.host, ctx.tls, ctx.inventory.timing.connect_timeout_s),
    )


async def require_tls(ctx: Context, what: str, node: FinesseNode, port: int) -> None:
    """Raises NotLooked unless the handshake was good."""
    if (await shake(ctx, node, port)).certificate is None:
        raise NotLooked(f"{what} of {node.host} is not reachable over TLS")


async def _shake(host: str, port: int, name: str, context: ssl.SSLContext, within_s: float) -> Hands:
    knocked = await _knock(host, port, within_s)
    if knocked.door is not Door.OPEN:
        return Hands(knocked)
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
    except ssl.SSLError as error:
        return Hands(knocked, trouble=error)
    except TimeoutError:
        return Hands(knocked, slow=True)
    except OSError as error:
        return Hands(knocked, trouble=ssl.SSLError(1, f"it ended the connection ({error.strerror or error})"))
    version = str(writer.get_extra_info("ssl_object").version())
    certificate = writer.get_extra_info("peercert")
    await _leave(writer)
    return Hands(knocked, version, certificate)


async def _mistrusted(ctx: Context, error: ssl.SSLCertVerificationError, node: FinesseNode, port: int) -> Finding:
    place = f"{node.dial}:{port}"
    show = f"`openssl s_client -connect {place} -servername {node.host} </dev/null | openssl x509 -noout -text`"
    if error.verify_code == _EXPIRED:
        return bad(
            f"the certificate of {place} has expired",
            f"renew it on the node (Cisco Unified OS Administration, Certificate Management); {show} shows its dates",
        )
    if error.verify_code == _NOT_YET_VALID:
        return bad(
            f"the certificate of {place} is not valid yet",
            f"set the clocks of this machine and of the node right; {show} shows its dates",
        )
    if error.verify_code in _OTHER_NAME:
        names = await _names_at(ctx, node, port)
        return bad(
            f"the certificate of {place} is for {names}, not for {node.host}",
            "give 'host' the name that stands in the certificate (and 'address' what to dial), "
            "or say check_hostname: false under 'tls'",
        )
    return bad(
        f"the certificate of {place} is not vouched for by {ctx.inventory.tls.ca or 'the system'}: "
        f"{error.verify_message}",
        f"put its CA, or the self-signed certificate itself, into that file once you have compared it; {show} shows it",
    )


async def _names_at(ctx: Context, node: FinesseNode, port: int) -> str:
    """The names in a certificate that is good but for the name."""
    from chaos.clients.tls import client_context

    careless = client_context(ctx.inventory)
    careless.check_hostname = False
    hands = await _shake(node.dial, port, node.host, careless, ctx.inventory.timing.connect_timeout_s)
    names = [name for _, name in (hands.certificate or {}).get("subjectAltName", ())]
    return ", ".join(names) or "another name"


def _certificate(hands: Hands, host: str) -> Finding:
    certificate = hands.certificate or {}
    ends = certificate.get("notAfter")
    if not ends:
        return ok(f"{hands.version}; certificate of {host}")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    left_days = (until - wall_now()).total_seconds() / 86400
    seen = f"{hands.version}, certificate good until {until.date().isoformat()}"
    if left_days < SOON_DAYS:
        return warn(f"{seen}: {left_days:.0f} days left", "renew it before it stops every run")
    return ok(seen)
