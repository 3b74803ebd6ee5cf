"""Finesse itself: is it in service, does its clock agree with ours, and what does its administration say?"""

import asyncio
import re
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from chaos.clients.rest import Answer, FinesseRest
from chaos.clock import wall_now
from chaos.inventory import Endpoint, FinesseNode
from chaos.preflight.context import Context
from chaos.preflight.doors import require_tls
from chaos.preflight.finding import Finding, NotLooked, State, bad, ok, warn
from chaos.wire.finesse import (
    ClusterConfig,
    EnterpriseDatabaseConfig,
    HeartbeatStatus,
    SystemConfig,
    SystemInfo,
    SystemStatus,
)

RESTART = "then restart Cisco Finesse Tomcat on both nodes (settings take effect there)"

# Logs of several hosts can be read side by side as long as their clocks differ by less (ours).
OFFSET_S_MAX = 2.0
# A clock that runs apart is looked at so often; the quickest answer tells most.
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class ClockLook:
    """One reading of a node's clock. offset_s: ahead of ours; uncertainty_s: half the round trip and its resolution."""

    offset_s: float
    uncertainty_s: float


@dataclass(frozen=True, slots=True)
class NodeLook:
    """What SystemInfo said. clock: None if it showed no time that can be read."""

    answer: Answer
    info: SystemInfo | None
    clock: ClockLook | None


async def look_at(ctx: Context, node: FinesseNode) -> NodeLook:
    """SystemInfo of a node. Raises NotLooked: REST is not reachable."""
    await require_tls(ctx, "REST", node, node.https_port)
    return await ctx.once(f"system info {node.host}", lambda: _look_at(ctx.rest(node)))


async def _look_at(rest: FinesseRest) -> NodeLook:
    answer = await rest.get("SystemInfo", "SystemInfo")
    if not isinstance(answer.document, SystemInfo):
        return NodeLook(answer, None, None)
    clocks = []
    for _ in range(_LOOKS):  # on a connection that stands by now
        sent = wall_now()
        again = await rest.get("SystemInfo", "SystemInfo")
        came = wall_now()
        if isinstance(again.document, SystemInfo):
            clocks.append(clock_look(again.document.current_timestamp or "", sent, came))
    seen = [clock for clock in clocks if clock is not None]
    return NodeLook(answer, answer.document, min(seen, key=lambda clock: clock.uncertainty_s, default=None))


def clock_look(timestamp: str, sent: datetime, came: datetime) -> ClockLook | None:
    """A node's clock against ours. timestamp: ISO 8601; None if it is not."""
    try:
        shown = datetime.fromisoformat(timestamp.strip())
    except ValueError:
        return None
    if shown.tzinfo is None:
        return None
    resolution_s = 0.001 if re.search(r"\.\d{3}", timestamp) else 1.0
    shown += timedelta(seconds=resolution_s / 2)  # it is cut off, not rounded
    middle = sent + (came - sent) / 2
    return ClockLook((shown - middle).total_seconds(), (came - sent).total_seconds() / 2 + resolution_s / 2)


async def require_service(ctx: Context, node: FinesseNode) -> SystemInfo:
    """SystemInfo of a node that serves. Raises NotLooked."""
    look = await look_at(ctx, node)
    if look.info is None or look.info.status != SystemStatus.IN_SERVICE:
        if look.info is not None and ctx.awaits_own_proxies:
            raise NotLooked(f"{node.host} is not in service before its links' proxies are up", later=True)
        raise NotLooked(f"{node.host} is not in service")
    return look.info


async def in_service(ctx: Context, node: FinesseNode) -> Finding:
    """A check: SystemInfo says IN_SERVICE, and that the node is the one that the inventory takes it for."""
    look = await look_at(ctx, node)
    info = look.info
    if info is None:
        return bad(
            f"SystemInfo of {node.host} gave {how_it_ended(look.answer)}",
            "see that Cisco Finesse Tomcat is STARTED and that this is Finesse's port; it takes minutes after a start",
        )
    first = (info.primary_node.host if info.primary_node else "") or ""
    publisher, subscriber = ctx.inventory.publisher, ctx.inventory.subscriber
    if subscriber is not None and first.casefold() == subscriber.host.casefold():
        return bad(
            f"{node.host} calls {first} the primary node, the inventory calls it the subscriber",
            "exchange 'publisher' and 'subscriber': configuration is changed on the primary node only",
        )
    if info.status == SystemStatus.IN_SERVICE:
        if first and first.casefold() != publisher.host.casefold():
            return warn(
                f"IN_SERVICE, but the primary node is {first}, the inventory calls the publisher {publisher.host}",
                "write the names as SystemInfo has them, so that reports agree with the nodes' own logs",
            )
        return ok("IN_SERVICE")
    said = f"{info.status or 'no status'}{f' ({info.status_reason})' if info.status_reason else ''}"
    if ctx.awaits_own_proxies:
        made = ", ".join(ctx.proxies_made)
        found = (
            warn(f"{said}, as expected: the proxies of {made} have just been made", "look again in two minutes")
            if made
            else warn(f"{said}, as expected while the run's own proxies are not up", "nothing: the run starts them")
        )
        return Finding(found.state, found.seen, found.remedy, later=True)
    return bad(
        f"{node.host} is {said}",
        "look at its CTI link: do SystemConfig and the proxies agree, is the active CTI server up, is the AWDB?",
    )


async def cti_link_of(ctx: Context, node: FinesseNode) -> Finding:
    """A check: heartbeats, protocol and peripheral as this node sees them."""
    info = await require_service(ctx, node)
    wanted = ctx.inventory
    if info.peripheral_id is not None and info.peripheral_id != wanted.peripheral_id:
        return bad(
            f"{node.host} works peripheral {info.peripheral_id}, the inventory says {wanted.peripheral_id}",
            f"say peripheral_id: {info.peripheral_id} if that is the agents' peripheral",
        )
    said = [f"protocol {info.cti_version}" if info.cti_version else "protocol not told"]
    interval_s = info.cti_heartbeat_interval_s
    said.append(f"heartbeat every {interval_s} s" if interval_s else "heartbeat interval not told, 5 s assumed")
    if info.last_heartbeat_status not in (None, HeartbeatStatus.SUCCESS):
        return warn(
            f"last heartbeat: {info.last_heartbeat_status}; {', '.join(said)}",
            "look at the network between Finesse and the CTI server; a run waits until it is in service",
        )
    if interval_s is not None and interval_s != 5:
        return warn(", ".join(said), "5 s is documented; the run judges by what the node says, nothing to do")
    return ok(", ".join(said))


async def clock_of(ctx: Context, node: FinesseNode) -> Finding:
    """A check: the node's clock against ours. No verdict leans on it; reading logs side by side does."""
    look = await look_at(ctx, node)
    if look.info is None:
        raise NotLooked(f"SystemInfo of {node.host} gave {how_it_ended(look.answer)}")
    if look.clock is None:
        return warn(f"SystemInfo shows no time that can be read: {look.info.current_timestamp!r:.60}", "nothing to do")
    offset_s, error_s = look.clock.offset_s, look.clock.uncertainty_s
    seen = f"{offset_s:+.3f} ± {error_s:.3f} s against this machine"
    if abs(offset_s) - error_s <= OFFSET_S_MAX:
        return ok(seen)
    return warn(
        seen,
        "let the node and this machine ask the same NTP servers (`utils ntp status` on the node), "
        "or the node's logs do not fit beside the journal",
    )


def how_it_ended(answer: Answer) -> str:
    """An answer that is not the wanted document, in words."""
    if answer.status is None:
        return f"no answer ({answer.failure})"
    if answer.status == 200:
        return "HTTP 200 with something else than the document asked for"
    return f"HTTP {answer.status}"


# --- the administrator, and what only he may read --------------------------------------------------------------------


async def _administrators_first_request(ctx: Context) -> Answer:
    client = ctx.rest(ctx.inventory.publisher, ctx.inventory.admin.user, ctx.admin_password)
    return await client.get("SystemConfig", "SystemConfig")


async def _first_request(ctx: Context) -> Answer:
    await require_service(ctx, ctx.inventory.publisher)
    return await ctx.once("administrator", lambda: _administrators_first_request(ctx))


async def administrator(ctx: Context) -> Finding:
    """A check: Finesse lets the administrator in. One try."""
    answer = await _first_request(ctx)
    user, node = ctx.inventory.admin.user, ctx.inventory.publisher.host
    match answer.status:
        case 200:
            return ok(f"{user} is let in")
        case 401:
            return bad(
                f"{node} refused the administrator {user} (401); not tried again, five wrong ones lock the account",
                "correct 'admin' in the inventory, or the secret that it refers to",
            )
        case 403:
            return bad(
                f"{node} answers 403 to configuration: it is not the publisher", "name the primary node as 'publisher'"
            )
        case _:
            return bad(
                f"SystemConfig gave {how_it_ended(answer)}",
                "see that the node is healthy (and its AWDB), and try again",
            )


async def as_administrator(ctx: Context, resource: str, node: FinesseNode | None = None) -> Answer:
    """What the administrator is answered. Raises NotLooked: he is not let in."""
    first = await _first_request(ctx)
    if first.status != 200:
        raise NotLooked("the administrator is not let in")
    if resource == "SystemConfig" and node is None:
        return first
    where = node or ctx.inventory.publisher
    return await ctx.once(
        f"{resource} of {where.host}",
        lambda: ctx.rest(where, ctx.inventory.admin.user, ctx.admin_password).get(resource, resource),
    )


async def cti_administration(ctx: Context, name: str) -> Finding:
    """A check: SystemConfig names that CTI link's proxy."""
    answer = await as_administrator(ctx, "SystemConfig")
    config = answer.document
    if not isinstance(config, SystemConfig):
        return bad(f"SystemConfig gave {how_it_ended(answer)}", "see that the publisher is healthy, and try again")
    side_b = name == "cti-b"
    host, port = (config.backup_host, config.backup_port) if side_b else (config.host, config.port)
    return await _named(ctx, name, "CTI side B" if side_b else "CTI side A", host, port)


async def awdb_administration(ctx: Context, name: str) -> Finding:
    """A check: EnterpriseDatabaseConfig names that AWDB link's proxy."""
    config = await _database_config(ctx)
    second = name == "awdb-b"
    host = config.backup_host if second else config.host
    port = (config.backup_port or config.port) if second else config.port
    found = await _named(ctx, name, "backup AWDB host" if second else "primary AWDB host", host, port)
    described = (ctx.inventory.awdb.database if ctx.inventory.awdb else None) or ""
    named = config.database_name or described
    if found.state is State.OK and described and named.casefold() != described.casefold():
        return warn(
            f"{found.seen}, but the database is {named}, the inventory says {described}",
            f"say awdb.database: {named} if that is this lab's",
        )
    return found


async def awdb_secondary(ctx: Context) -> Finding:
    """A check: Finesse knows a second AWDB."""
    config = await _database_config(ctx)
    if config.backup_host:
        return ok(f"backup host {config.backup_host}")
    return bad(
        "EnterpriseDatabaseConfig names no backup host: there is nothing to fail over to",
        f"set the secondary AW as 'Backup Host/IP Address' in the administration console, {RESTART}",
    )


async def _database_config(ctx: Context) -> EnterpriseDatabaseConfig:
    answer = await as_administrator(ctx, "EnterpriseDatabaseConfig")
    if not isinstance(answer.document, EnterpriseDatabaseConfig):
        raise NotLooked(f"EnterpriseDatabaseConfig gave {how_it_ended(answer)}")
    return answer.document


async def _named(ctx: Context, link: str, what: str, host: str | None, port: int | None) -> Finding:
    """Whether the administration's host and port are those of the link's proxy."""
    described = ctx.inventory.links[link]  # type: ignore[index]
    wanted = described.listen_at
    if wanted is None:
        raise NotLooked(f"the inventory does not say where {link} listens")
    remedy = f"set {what} to host {wanted.host}, port {wanted.port} in Finesse's administration, {RESTART}"
    if not host:
        return bad(f"Finesse's administration names no {what}", remedy)
    seen = f"{what} is {host}:{port}"
    if port == wanted.port and await _same_place(host, wanted):
        return ok(f"{seen}, the proxy of {link}")
    server = described.upstream_at
    past = server is not None and port == server.port and await _same_place(host, server)
    where = "the server itself, past the proxy" if past else f"not the proxy of {link}"
    return bad(f"{seen}: {where}; no fault on {link} would reach Finesse", remedy)


async def _same_place(host: str, at: Endpoint) -> bool:
    """Whether that name leads to that address, as far as this machine can tell."""
    if host.casefold() == at.host.casefold():
        return True
    addresses = [await _addresses(name) for name in (host, at.host)]
    return bool(addresses[0] & addresses[1])


async def _addresses(host: str) -> frozenset[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(str(entry[4][0]) for entry in found)


async def cluster(ctx: Context) -> Finding:
    """A check: ClusterConfig names the inventory's subscriber."""
    answer = await as_administrator(ctx, "ClusterConfig")
    config, wanted = answer.document, ctx.inventory.subscriber
    if not isinstance(config, ClusterConfig) or wanted is None:
        raise NotLooked(f"ClusterConfig gave {how_it_ended(answer)}")
    named = config.secondary_host or ""
    if named.casefold() == wanted.host.casefold() or await _same_place(named, Endpoint(wanted.dial, 0)):
        return ok(f"the secondary node is {named}")
    return bad(
        f"ClusterConfig names {named or 'no secondary node'}, the inventory has {wanted.host}",
        "write the subscriber's name as ClusterConfig has it, or add it there",
    )


async def subscriber_refuses(ctx: Context) -> Finding:
    """A check: the subscriber answers 403 to configuration, as documented."""
    node = ctx.inventory.subscriber
    assert node is not None
    await require_service(ctx, node)
    answer = await as_administrator(ctx, "SystemConfig", node)
    if answer.status == 403:
        return ok("403 Forbidden, as documented for the secondary node")
    return warn(
        f"SystemConfig of {node.host} gave {how_it_ended(answer)} instead of 403",
        "see that it is the secondary node of this pair; configuration is changed on the publisher only",
    )
