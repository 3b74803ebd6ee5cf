"""The CTI server pair, asked directly, past Finesse and proxies, as the run's own telephone will."""

from dataclasses import dataclass

from chaos.clients.cti_session import Session, SwitchError, SwitchRefused, SwitchSilent, name_of
from chaos.inventory import CtiServer
from chaos.journal import OUR_CLIENT
from chaos.preflight.context import Context
from chaos.preflight.doors import Door, knock, refused_finding
from chaos.preflight.finding import Finding, NotLooked, bad, ok, warn
from chaos.preflight.finesse import look_at as look_at_node
from chaos.wire import ged188 as wire
from chaos.wire.ged188 import Service, Status

# What a session of ours is for: telephones are worked, and everything is heard.
_SERVICES = Service.CLIENT_CONTROL | Service.CALL_DATA_UPDATE | Service.ALL_EVENTS
# How a standby side says that it is one (guides and releases differ).
_STANDBY = frozenset({int(Status.CTI_SERVER_OFFLINE), 92, 107})
_HEARTBEAT_S = 10.0


@dataclass(frozen=True, slots=True)
class SideLook:
    """How one side met us. accepts: it opened a session with all that was asked for. standby: it said that it is the
    inactive side, or refused the connection as such a side does. code: a refusal's. said: in words."""

    door: Door
    accepts: bool = False
    code: int | None = None
    said: str = ""

    @property
    def standby(self) -> bool:
        return self.door is Door.REFUSED or self.code in _STANDBY


async def look_at(ctx: Context, side: str, server: CtiServer) -> SideLook:
    """Open a session and close it again. Never raises for what the server does."""
    return await ctx.once(f"cti {side}", lambda: _look_at(ctx, server))


async def _look_at(ctx: Context, server: CtiServer) -> SideLook:
    knocked = await knock(ctx, server.dial, server.port)
    if knocked.door is not Door.OPEN:
        return SideLook(knocked.door)
    inventory = ctx.inventory
    session = Session(
        (server.dial, server.port), inventory.cti_protocol, _HEARTBEAT_S, lambda _: None, lambda _session, _why: None
    )
    opening = wire.OpenReq(
        version_number=inventory.cti_protocol,
        idle_timeout=int(4 * _HEARTBEAT_S),
        peripheral_id=inventory.peripheral_id,
        services_requested=_SERVICES,
        agent_state_mask=wire.AgentMask.ALL,
        client_id=f"{OUR_CLIENT}-preflight",
        client_password=b"",
        client_signature=f"{OUR_CLIENT}-preflight",
    )
    try:
        await session.dial()
        conf = await session.ask(opening, wire.OpenConf, inventory.timing.request_timeout_s)
        lacking = Service(_SERVICES & ~conf.services_granted)
        if lacking:
            return SideLook(Door.OPEN, said=f"does not grant {lacking.name}")
        return SideLook(Door.OPEN, accepts=True)
    except SwitchRefused as error:
        return SideLook(Door.OPEN, code=int(error.code), said=f"answers {name_of(error.code)}")
    except SwitchSilent as error:
        return SideLook(Door.OPEN, said=str(error))
    except SwitchError as error:
        return SideLook(Door.OPEN, said=str(error))
    finally:
        await session.close()


async def side(ctx: Context, letter: str, server: CtiServer) -> Finding:
    """A check: this side opens sessions, or stands by for one that does."""
    look = await look_at(ctx, letter, server)
    place = f"side {letter.upper()} ({server.dial}:{server.port})"
    if look.accepts:
        return ok(f"opens sessions, protocol {ctx.inventory.cti_protocol}")
    if look.standby and await _other_accepts(ctx, letter):
        if look.door is Door.REFUSED:
            return warn(
                f"{place} refuses connections: it is the standby side, or it is down, which looks the same from here",
                "see that its CG and PG services run; fail-over to a side that is down cannot work",
            )
        return ok(f"stands by ({look.said})")
    if look.door is not Door.OPEN:
        within_s = ctx.inventory.timing.connect_timeout_s
        return refused_finding(await knock(ctx, server.dial, server.port), "the CTI server", *_at(server), within_s)
    return bad(f"{place} {look.said}", _remedy(look, ctx.inventory.cti_protocol))


def _at(server: CtiServer) -> tuple[str, int]:
    return server.dial, server.port


def _remedy(look: SideLook, protocol: int) -> str:
    if look.code == Status.INVALID_VERSION:
        return f"lower cti_protocol ({protocol}): SystemInfo shows what Finesse agreed on as ctiVersion"
    if look.code == Status.INVALID_PERIPHERAL_ID:
        return "correct peripheral_id: it is the Agent PG's, as in Finesse's administration"
    if look.code in _STANDBY:
        return "start the Agent PG: neither side is active"
    return "see that this is the port of a CTI server, and that its CG and PG services are well"


async def _other_accepts(ctx: Context, letter: str) -> bool:
    servers = dict(zip("ab", ctx.inventory.cti_servers(), strict=False))
    other = "b" if letter == "a" else "a"
    return other in servers and (await look_at(ctx, other, servers[other])).accepts


async def telephone(ctx: Context) -> Finding:
    """A check: at least one side lets the run work telephones, by the protocol that Finesse uses too."""
    servers = dict(zip("ab", ctx.inventory.cti_servers(), strict=False))
    accepting = [letter for letter, server in servers.items() if (await look_at(ctx, letter, server)).accepts]
    if not accepting:
        return bad("no side opens a session for us", "see the CTI servers' own lines")
    names = " and ".join(letter.upper() for letter in accepting)
    said = f"{'sides' if len(accepting) > 1 else 'side'} {names} open{'' if len(accepting) > 1 else 's'} sessions"
    theirs = await _finesses_protocol(ctx)
    if theirs is not None and theirs != ctx.inventory.cti_protocol:
        return warn(
            f"{said} by protocol {ctx.inventory.cti_protocol}, Finesse uses {theirs}",
            f"say cti_protocol: {theirs}, so that relays and telephone speak as Finesse does",
        )
    return ok(said)


async def _finesses_protocol(ctx: Context) -> int | None:
    try:
        look = await look_at_node(ctx, ctx.inventory.publisher)
    except NotLooked:
        return None
    return look.info.cti_version if look.info else None
