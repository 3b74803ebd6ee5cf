"""What is going on in a deployment, as values of JSON. Nothing here changes or waits for anything."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chaos.mock.control.things import AW_ROLES, NODE_ROLES, Thing
from chaos.mock.cti_server import CtiServer
from chaos.mock.deployment import Deployment
from chaos.mock.finesse.doors.session import XmppSession
from chaos.mock.finesse.node import FinesseNode
from chaos.mock.peripheral import AgentConfig, AgentSnapshot, CallSnapshot, Peripheral
from chaos.mock.peripheral.states import ALLOWED
from chaos.mock.service import ServiceState
from chaos.wire.ged188.values import AgentState, LocalConnectionState

Shown = dict[str, Any]

CLIENTS_SHOWN = 200
"""So many clients of a node are listed; of the others there is the count."""

_AT_A_PHONE: Mapping[LocalConnectionState, tuple[str, ...]] = {
    LocalConnectionState.INITIATE: ("hang-up",),
    LocalConnectionState.ALERTING: ("answer",),
    LocalConnectionState.CONNECT: ("hold", "hang-up"),
    LocalConnectionState.HOLD: ("retrieve", "hang-up"),
    LocalConnectionState.FAIL: ("hang-up",),
}
"""What somebody can do with a call at a phone."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """A way with a proxy in it. state: "whole", "cut", or "gone" (there is no proxy). toxics: on it, by name."""

    name: str
    listen: str
    upstream: str
    state: str
    toxics: tuple[str, ...] = ()


def state_of(
    deployment: Deployment, things: Mapping[str, Thing], links: Iterable[LinkState], failures: Sequence[Shown]
) -> Shown:
    """Everything that the page shows. failures: orders that went wrong later, oldest first."""
    return {
        "nodes": [
            node_shown(deployment, host, node, role, things)
            for role, (host, node) in zip(NODE_ROLES, deployment.nodes.items(), strict=False)
        ],
        "sides": [side_shown(server, things) for server in (deployment.pair.a, deployment.pair.b)],
        "databases": [
            {
                "host": host,
                "role": role,
                "connections": aw.database.clients,
                "services": _services(things, host),
            }
            for role, (host, aw) in zip(AW_ROLES, deployment.aw_hosts.items(), strict=False)
        ],
        "links": [asdict(link) for link in links],
        **people_shown(deployment.peripheral),
        "failures": list(failures),
    }


def node_shown(deployment: Deployment, host: str, node: FinesseNode, role: str, things: Mapping[str, Thing]) -> Shown:
    clients = node.notification.sessions
    return {
        "host": host,
        "role": role,
        "status": node.webapp.status.value if node.tomcat.state is ServiceState.STARTED else "down",
        "services": _services(things, host),
        "clients": [client_shown(session) for session in clients[:CLIENTS_SHOWN]],
        "clients_count": len(clients),
    }


def client_shown(session: XmppSession) -> Shown:
    door = session.door.value if session.is_encrypted else f"{session.door.value} in the clear"
    return {"jid": str(session.jid), "door": door, "available": session.available}


def side_shown(server: CtiServer, things: Mapping[str, Thing]) -> Shown:
    host = next(thing.host for thing in things.values() if thing.service is server)
    return {
        "side": server.side.value,
        "host": host,
        "role": server.role.value if server.state is ServiceState.STARTED else "down",
        "sessions": [
            {"client": one.client_id, "peer": "{}:{}".format(*one.peer), "version": one.version}
            for one in server.sessions
        ],
        "services": _services(things, host),
    }


def _services(things: Mapping[str, Thing], host: str) -> list[Shown]:
    return [
        {"id": thing.id, "title": thing.title, "state": thing.state.value, "orders": list(thing.orders)}
        for thing in things.values()
        if thing.host == host
    ]


def people_shown(peripheral: Peripheral) -> Shown:
    """Everybody who is configured, and the calls that are up. Each is gone through once: there may be thousands, and
    somebody looks every second."""
    snapshots, calls = peripheral.agents.all(), peripheral.calls.all()
    at = {snapshot.device: snapshot.agent_id for snapshot in snapshots if snapshot.device}
    of_phone: dict[str, list[int]] = {}
    for call in calls:
        for party in call.parties:
            of_phone.setdefault(party.device, []).append(call.call_id)
    everybody = zip(peripheral.config.agents, snapshots, strict=True)
    return {
        "agents": [agent_shown(config, snapshot, of_phone.get(snapshot.device, ())) for config, snapshot in everybody],
        "calls": [call_shown(call, at) for call in calls],
    }


def agent_shown(config: AgentConfig, snapshot: AgentSnapshot, calls: Sequence[int]) -> Shown:
    """states: that he can be put into now. phone: where he is signed in, else the one that is usually his."""
    signed_in = snapshot.state is not AgentState.LOGOUT
    states = sorted(ALLOWED.get(snapshot.state, frozenset()) - {snapshot.state}) if signed_in else [AgentState.LOGIN]
    return {
        "id": config.agent_id,
        "name": config.login_name or config.agent_id,
        "team": config.team,
        "supervisor": config.supervisor,
        "phone": snapshot.device or config.extension,
        "signed_in": signed_in,
        "state": snapshot.state.name,
        "reason": snapshot.reason,
        "since_s": round(snapshot.since_s, 1),
        "after_call": None if snapshot.after_call is None else snapshot.after_call.name,
        "states": [state.name for state in states],
        "calls": list(calls),
    }


def call_shown(call: CallSnapshot, agents: Mapping[str, str]) -> Shown:
    """agents: who is signed in, by phone. orders: what can be done with it at each of the peripheral's phones."""
    parties = [
        {
            "phone": party.device,
            "agent": agents.get(party.device),
            "state": party.state.name,
            "orders": list(_AT_A_PHONE.get(party.state, ())) if party.known else [],
        }
        for party in call.parties
    ]
    return {"id": call.call_id, "type": call.call_type.name, "parties": parties}
