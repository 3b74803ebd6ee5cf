"""The whole mock deployment: two Finesse nodes, two CTI servers on one peripheral, a console on each Finesse host.

It keeps the truth about itself (`peripheral`, `nodes`) for tests of the harness; no verdict ever reads it.
"""

import asyncio
import ssl
from pathlib import Path

import trustme

from chaos.mock.appliance import ApplianceServices
from chaos.mock.blueprint import At, Blueprint, NodePlan
from chaos.mock.consoles import Account, MockVos, ServerKey
from chaos.mock.cti_server import CtiPair, CtiServer, Side
from chaos.mock.finesse.administration import Administration, CtiSettings
from chaos.mock.finesse.config import Address, NodeConfig, NodeOptions, UserRecord
from chaos.mock.finesse.credentials import FixedCredentials
from chaos.mock.finesse.node import FinesseNode
from chaos.mock.peripheral import AgentConfig, Peripheral, PeripheralConfig


class Deployment:
    """Made on the loop that it will run on. `start` and `stop` are for the whole; each service also goes by itself."""

    def __init__(self, blueprint: Blueprint) -> None:
        loop = asyncio.get_running_loop()
        self.blueprint = blueprint
        self.authority = trustme.CA(organization_name="finesse-chaos mock")
        self.peripheral = Peripheral(_peripheral(blueprint), now=loop.time, call_later=loop.call_later)
        self.pair = CtiPair(*self._cti_servers(), variant=blueprint.variant)
        self.administration = Administration(
            CtiSettings(
                _address(blueprint.finesse_cti_a),
                None if blueprint.finesse_cti_b is None else _address(blueprint.finesse_cti_b),
                blueprint.peripheral_id,
            ),
            secondary_host=blueprint.nodes[1].host if len(blueprint.nodes) > 1 else None,
        )
        self.credentials = FixedCredentials(
            {person.id: person.password for person in blueprint.people}
            | {person.login: person.password for person in blueprint.people}
            | dict([blueprint.admin]),
            administrators=frozenset({blueprint.admin[0]}),
        )
        self.nodes = {plan.host: self._node(plan) for plan in blueprint.nodes}
        self.host_keys = {plan.host: ServerKey.generate() for plan in blueprint.nodes}
        self.consoles = {
            plan.host: MockVos(
                self.host_keys[plan.host],
                [Account(*blueprint.console)],
                ApplianceServices(self.nodes[plan.host].services),
            )
            for plan in blueprint.nodes
        }

    async def start(self) -> None:
        """Start everything: CTI servers, nodes, consoles. Raises OSError: a port is taken.

        Tomcat takes its time when it is started again; nobody has to wait for it here.
        """
        await self.pair.start()
        for node in self.nodes.values():
            node.tomcat.start_s = 0.0
        await asyncio.gather(*(node.start() for node in self.nodes.values()))
        for node in self.nodes.values():
            node.tomcat.start_s = self.blueprint.tomcat_start_s
        for plan in self.blueprint.nodes:
            await self.consoles[plan.host].start(plan.ssh.address, plan.ssh.port)

    async def stop(self) -> None:
        """Stop everything, in good order. Safe twice, and after half a start."""
        for console in self.consoles.values():
            await console.stop()
        await asyncio.gather(*(node.stop() for node in self.nodes.values()))
        await self.pair.stop()

    def write_authority(self, path: Path) -> None:
        """The CA's certificate, as clients need it."""
        self.authority.cert_pem.write_to_path(path)

    def _cti_servers(self) -> tuple[CtiServer, CtiServer]:
        blueprint = self.blueprint
        made = [
            CtiServer(side, self.peripheral, host=at.address, port=at.port, defects=blueprint.defects)
            for side, at in ((Side.A, blueprint.cti_a), (Side.B, blueprint.cti_b))
        ]
        return made[0], made[1]

    def _node(self, plan: NodePlan) -> FinesseNode:
        blueprint = self.blueprint
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(plan.host, plan.https.address, plan.xmpp.address).configure_cert(context)
        config = NodeConfig(
            host=plan.host,
            primary_host=blueprint.nodes[0].host,
            secondary_host=blueprint.nodes[1].host if len(blueprint.nodes) > 1 else None,
            listen=plan.https.address,
            users=tuple(_user(blueprint, n) for n in range(len(blueprint.people))),
            rest_port=plan.https.port,
            xmpp_port=plan.xmpp.port,
            hosts=blueprint.hosts,
        )
        options = NodeOptions(cti_version=blueprint.cti_version, tomcat_start_s=blueprint.tomcat_start_s)
        return FinesseNode(
            config,
            ssl_context=context,
            credentials=self.credentials,
            administration=self.administration,
            options=options,
            defects=blueprint.defects,
        )


def _address(at: At) -> Address:
    return Address(at.address, at.port)


def _user(blueprint: Blueprint, number: int) -> UserRecord:
    person = blueprint.people[number]
    return UserRecord(
        login_id=person.id,
        login_name=person.login,
        first_name=person.login.capitalize(),
        last_name="Agent",
        roles=("Agent", "Supervisor") if person.supervisor else ("Agent",),
        team_name=person.team,
        skill_target_id=str(5001 + number),
    )


def _peripheral(blueprint: Blueprint) -> PeripheralConfig:
    return PeripheralConfig(
        agents=tuple(
            AgentConfig(person.id, person.password, person.extension, login_name=person.login)
            for person in blueprint.people
        ),
        peripheral_id=blueprint.peripheral_id,
    )
