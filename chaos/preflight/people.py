"""People: do the test agents' passwords hold, are the agents free, who else is signed in, and do events come?

Spare agents, those beyond the ones that a run keeps at work, are asked nothing unless that is wanted: a successful
request has Finesse remember an agent's credentials for half an hour, and the AWDB clauses are judged on spare agents
whose credentials it does not remember.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from chaos import clock
from chaos.clients.events import EventStream
from chaos.inventory import Agent, FinesseNode
from chaos.journal import Journal, PresenceSeen, StreamChange
from chaos.preflight.context import Context
from chaos.preflight.doors import require_tls
from chaos.preflight.finding import Finding, NotLooked, bad, ok, warn
from chaos.preflight.finesse import as_administrator, how_it_ended, require_service
from chaos.wire import xml
from chaos.wire.digits import whole_number
from chaos.wire.finesse import BadDocument, UnknownPayload, User, UserState, parse_user

FINESSE = "finesse"
"""The XMPP user whose presence tells whether Finesse itself is there."""

_GONE = frozenset({UserState.LOGOUT, UserState.UNKNOWN, "", None})
_ON_A_CALL = frozenset({UserState.TALKING, UserState.HOLD, UserState.RESERVED})
_PRESENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class People:
    """What the publisher said of the test agents, one request each. spare: how many were left alone. refused: whose
    password was wrong; then the rest was not tried. unanswered: whose request ended otherwise, and how."""

    users: dict[str, User]
    spare: int = 0
    refused: str | None = None
    unanswered: tuple[str, str] | None = None


async def people(ctx: Context) -> People:
    """Each test agent asks for himself, in turn, until one is refused."""
    await require_service(ctx, ctx.inventory.publisher)
    return await ctx.once("people", lambda: _people(ctx))


async def _people(ctx: Context) -> People:
    users: dict[str, User] = {}
    asked = ctx.inventory.agents[: ctx.agents_asked]
    spare = len(ctx.inventory.agents) - len(asked)
    for agent in asked:
        client = ctx.rest(ctx.inventory.publisher, agent.id, ctx.agent_passwords[agent.id])
        answer = await client.get("User/{id}", f"User/{agent.id}")
        if answer.status == 401:
            return People(users, spare, refused=agent.id)
        if not isinstance(answer.document, User):
            return People(users, spare, unanswered=(agent.id, how_it_ended(answer)))
        users[agent.id] = answer.document
    return People(users, spare)


async def passwords(ctx: Context) -> Finding:
    """A check: Finesse lets every test agent in."""
    seen = await people(ctx)
    left = len(ctx.inventory.agents) - seen.spare - len(seen.users) - 1
    untried = f"; {left} more not tried, so that no account is locked" if left else ""
    if seen.refused is not None:
        return bad(
            f"agent {seen.refused} was refused (401){untried}",
            "correct the agent's id or password in the inventory (one try was spent, five lock the agent for minutes); "
            "if it is right, is the agent on this peripheral, and does an AWDB answer?",
        )
    if seen.unanswered is not None:
        agent, how = seen.unanswered
        return bad(f"asking for agent {agent} gave {how}{untried}", "see that the agent exists in Unified CCE")
    spared = (
        f"; {seen.spare} spare agents not asked, so that Finesse does not cache their credentials" if seen.spare else ""
    )
    return ok(f"{len(seen.users)} agents are let in{spared}")


async def as_described(ctx: Context) -> Finding:
    """A check: Finesse knows the test agents by the login, team and role that the inventory gives."""
    seen = await people(ctx)
    if not seen.users:
        raise NotLooked("no test agent was let in")
    differences = [
        f"agent {agent.id} has {what} {there or 'none'}, the inventory says {wanted}"
        for agent in ctx.inventory.agents
        if agent.id in seen.users
        for what, wanted, there in _described(agent, seen.users[agent.id])
        if wanted.casefold() != there.casefold()
    ]
    if differences:
        return warn("; ".join(differences), "correct the agents in the inventory: are these the people that you mean?")
    return ok(f"{len(seen.users)} agents are as the inventory describes them")


def _described(agent: Agent, user: User) -> Iterator[tuple[str, str, str]]:
    """What is described, how the inventory has it, and how Finesse has it; what either leaves out is left out."""
    given = agent.model_fields_set
    if "login" in given and user.login_name is not None:
        yield "login", agent.login, user.login_name
    if "team" in given and user.team_name is not None:
        yield "team", agent.team, user.team_name
    if "supervisor" in given and user.roles is not None:
        is_supervisor = any(role.casefold() == "supervisor" for role in user.roles)
        wanted, there = ("supervisor" if yes else "agent" for yes in (agent.supervisor, is_supervisor))
        yield "role", wanted, there


async def free(ctx: Context) -> Finding:
    """A check: test agents are signed out, or signed in at their own extensions without a call."""
    seen = await people(ctx)
    if not seen.users:
        raise NotLooked("no test agent was let in")
    listed = await _everybody(ctx)
    known = {user.login_id or "": user for user in listed} | seen.users
    busy = list(_busy(ctx, known))
    busy += _extensions_in_use(ctx, listed)
    if busy:
        return bad(
            "; ".join(busy),
            "end their calls and sign them out (what a run that died has left, `finesse-chaos heal` ends), "
            "and keep test agents and their devices for tests",
        )
    at_work = [agent.id for agent in ctx.inventory.agents if agent.id in known and known[agent.id].state not in _GONE]
    if at_work:
        return ok(f"{len(at_work)} signed in at their own extensions, the others are signed out")
    return ok("all signed out" + ("" if listed else "; whether their extensions are in use could not be asked"))


def _busy(ctx: Context, users: dict[str, User]) -> Iterator[str]:
    for agent in ctx.inventory.agents:
        user = users.get(agent.id)
        if user is None or user.state in _GONE:
            continue
        if user.extension and user.extension != agent.extension:
            yield f"agent {agent.id} is signed in at {user.extension}, not at {agent.extension}"
        elif user.state in _ON_A_CALL:
            yield f"agent {agent.id} is {user.state} at {agent.extension}"


def _extensions_in_use(ctx: Context, everybody: tuple[User, ...]) -> list[str]:
    ours = {agent.extension: agent for agent in ctx.inventory.everybody()}
    return [
        f"extension {user.extension} of agent {ours[user.extension].id} is used by agent {user.login_id}"
        for user in everybody
        if user.state not in _GONE and user.extension in ours and user.login_id != ours[user.extension].id
    ]


async def _everybody(ctx: Context) -> tuple[User, ...]:
    """All users with their states, as the administrator may list them; none if this release does not."""
    try:
        answer = await as_administrator(ctx, "Users")
    except NotLooked:
        return ()
    if not isinstance(answer.document, UnknownPayload) or answer.document.root.lower() != "users":
        return ()
    try:
        root = xml.parse_xml(answer.document.xml)
        return tuple(parse_user(xml.serialise(child)) for child in xml.children_named(root, "User"))
    except BadDocument:
        return ()


@dataclass(frozen=True, slots=True)
class Others:
    """Signed-in agents that are not ours. names: as far as the release names them."""

    count: int
    names: tuple[str, ...] = ()


async def foreigners(ctx: Context) -> Finding:
    """A check: no more signed-in agents that are not ours than the inventory tolerates."""
    others, allowed = await _others(ctx), ctx.inventory.max_foreign_agents
    names = others.names
    who = f" ({', '.join(names[:5])}{', …' if len(names) > 5 else ''})" if names else ""
    if others.count > allowed:
        return bad(
            f"{others.count} agents that are not ours are signed in{who}, at most {allowed} are tolerated: "
            "nothing is started",
            "let them sign out; raise max_foreign_agents only if these people can do without the lab",
        )
    return ok(f"{others.count} signed in{who}, up to {allowed} are tolerated")


async def _others(ctx: Context) -> Others:
    """Raises NotLooked: the release does not tell."""
    seen = await people(ctx)
    return await ctx.once("others", lambda: _counted(ctx, seen))


async def _counted(ctx: Context, seen: People) -> Others:
    """By name, where the release lists users with their states; else by how many are connected beyond our own."""
    ours = {agent.id for agent in ctx.inventory.everybody()}
    listed = [user for user in await _everybody(ctx) if user.state is not None]
    if listed:
        names = (user.login_id or "?" for user in listed if user.login_id not in ours and user.state not in _GONE)
        found = tuple(names)
        return Others(len(found), found)
    connected = await _connected(ctx)
    if connected is None:
        raise NotLooked(
            "it is not known who else is signed in: this release shows it neither in Users nor in ConnectedUsersInfo; "
            "see `utils finesse node_statistics list` on both nodes"
        )
    return Others(max(0, connected - sum(1 for user in seen.users.values() if user.state not in _GONE)))


async def _connected(ctx: Context) -> int | None:
    """Users connected to both nodes by ConnectedUsersInfo (12.6 and later); None if a node does not tell."""
    total = 0
    for node in ctx.inventory.finesse_nodes():
        try:
            answer = await as_administrator(ctx, "ConnectedUsersInfo", node)
        except NotLooked:
            return None
        count = _total_in(answer.document)
        if count is None:
            return None
        total += count
    return total


def _total_in(document: object) -> int | None:
    """`totalConnectedUsers`, which stands in `userSummary`. Source: Finesse developer guide, "ConnectedUsersInfo"."""
    if not isinstance(document, UnknownPayload) or document.root.lower() != "connectedusersinfo":
        return None
    try:
        root = xml.parse_xml(document.xml)
    except BadDocument:
        return None
    places = (*xml.children_named(root, "userSummary"), root)
    found = (child for place in places for child in xml.children_named(place, "totalConnectedUsers"))
    texts = ((child.text or "").strip() for child in found)
    return next((total for total in map(whole_number, texts) if total is not None), None)


# --- events ----------------------------------------------------------------------------------------------------------


async def events(ctx: Context, node: FinesseNode, number: int) -> Finding:
    """A check: a signed-out agent gets an event stream at this node, and sees the presence of `finesse`.

    An agent who is signed in is not taken: the end of his stream would sign him out by force a minute later.
    number: of the node. A run lets agents work at the nodes by turns, and so does this: one node must not take an agent
    for gone while he begins to work at the other.
    """
    info = await require_service(ctx, node)
    port = ctx.inventory.events_port(node)
    await require_tls(ctx, "XMPP", node, port)
    with contextlib.suppress(NotLooked):
        await _others(ctx)  # whom a node calls connected is counted before we are connected ourselves
    seen = await people(ctx)
    nodes = len(ctx.inventory.finesse_nodes())
    idle = [
        one for one in ctx.inventory.agents[number::nodes] if one.id in seen.users and seen.users[one.id].state in _GONE
    ]
    if not idle:
        raise NotLooked("no test agent of this node is signed out and let in, whose stream could be opened and closed")
    agent = idle[0]
    journal = Journal(None, clock.now)
    stream = EventStream(
        node,
        agent,
        ctx.agent_passwords[agent.id],
        info.xmpp_domain or node.host,
        lambda: journal,
        tls=ctx.tls,
        timeout_s=ctx.inventory.timing.request_timeout_s,
        transport=ctx.inventory.transport,
    )
    try:
        return await _presence(stream, journal, port)
    finally:
        await stream.close()


async def _presence(stream: EventStream, journal: Journal, port: int) -> Finding:
    node, agent = stream.node, stream.agent
    there = asyncio.Event()

    def look(seen: object) -> None:
        if isinstance(seen, PresenceSeen) and seen.of == FINESSE and seen.available:
            there.set()

    journal.watch(look)
    if not await stream.open():
        why = next((one.reason for one in journal.timeline().of(StreamChange) if one.reason), None) or "no reason given"
        return bad(
            f"agent {agent.id} got no event stream at {node.host}:{port}: {why}",
            "see that Cisco Finesse Notification Service is STARTED and lets third parties in "
            "(`utils finesse set_property webservices enableExternalNotificationPortAccess true`)",
        )
    try:
        async with asyncio.timeout(_PRESENCE_S):
            await there.wait()
    except TimeoutError:
        return warn(
            f"agent {agent.id} signed in at {node.host}, but saw no presence of {FINESSE} within {_PRESENCE_S:g} s",
            "see that Cisco Finesse Tomcat is connected to the notification service; a run records presence",
        )
    return ok(f"agent {agent.id} signed in, {FINESSE} is available")
