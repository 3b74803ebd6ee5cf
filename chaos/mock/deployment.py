"""The whole mock deployment: two Finesse nodes, two CTI servers on one peripheral, two AW hosts, a console on each.

It keeps the truth about itself (`peripheral`, `nodes`) for tests of the harness; no verdict ever reads it.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import trustme

from chaos.mock.appliance import VOS_PLATFORM, WINDOWS_PLATFORM, HostServices
from chaos.mock.awdb import AwHost, Central, DatabaseAccount, Record
from chaos.mock.awdb.database import AwDatabase
from chaos.mock.awdb.distributor import Distributor
from chaos.mock.awdb.sql_agent import NAME as SQL_AGENT
from chaos.mock.awdb.sql_agent import SqlAgent
from chaos.mock.blueprint import At, Blueprint, NodePlan
from chaos.mock.browsers import BrowserServer
from chaos.mock.browsers.desktop import BOSH_PORT
from chaos.mock.consoles import Account, MockVos, MockWindows, ServerKey
from chaos.mock.cti_server import CtiPair, CtiServer, Side
from chaos.mock.cti_server.pair import Variant
from chaos.mock.finesse.administration import Administration, CtiSettings, DatabaseSettings
from chaos.mock.finesse.awdb_credentials import AwdbCredentials
from chaos.mock.finesse.awdb_link import AwdbOptions
from chaos.mock.finesse.config import Address, NodeConfig, NodeOptions, UserRecord
from chaos.mock.finesse.credentials import Credentials, FixedCredentials
from chaos.mock.finesse.fippa.pushing import PhoneDirectory
from chaos.mock.finesse.node import FinesseNode
from chaos.mock.finesse.single_sign_on import LED_BACK, TokenCredentials, redirect_uri
from chaos.mock.gateway import PeripheralGateway
from chaos.mock.identity.service import IdentityService
from chaos.mock.peripheral import AgentConfig, Load, Peripheral, PeripheralConfig
from chaos.mock.seeding import Seeds
from chaos.mock.service import Service
from chaos.wire.awdb import Role, secret_of


class Deployment:
    """Made on the loop that it will run on. `start` and `stop` are for the whole; each service also goes by itself."""

    def __init__(self, blueprint: Blueprint) -> None:
        loop = asyncio.get_running_loop()
        self.blueprint = blueprint
        self._seeds = Seeds(blueprint)
        self.authority = trustme.CA(organization_name="finesse-chaos mock")
        self.peripheral = Peripheral(
            _peripheral(blueprint), now=loop.time, call_later=loop.call_later, policy=self._seeds.switch
        )
        self.pair = CtiPair(*self._cti_servers(), variant=blueprint.variant)
        self.administration = Administration(
            CtiSettings(
                _address(blueprint.finesse_cti_a),
                None if blueprint.finesse_cti_b is None else _address(blueprint.finesse_cti_b),
                blueprint.peripheral_id,
            ),
            secondary_host=blueprint.nodes[1].host if len(blueprint.nodes) > 1 else None,
            database=_database(blueprint),
        )
        self.central = Central(_records(blueprint))
        self.aw_hosts = {plan.host: self._aw_host(plan.host, plan.database) for plan in blueprint.aw}
        self.sql_agents = {plan.host: SqlAgent() for plan in blueprint.aw}
        self.gateways = self._gateways()
        self.identity = self._identity()
        self.credentials = {plan.host: self._credentials(plan) for plan in blueprint.nodes}
        self.nodes = {plan.host: self._node(plan) for plan in blueprint.nodes}
        self.host_keys = {host: ServerKey.generate() for host, _ in blueprint.ssh()}
        self.appliances = {host: HostServices(node.services, VOS_PLATFORM) for host, node in self.nodes.items()}
        self.windows = {
            host: HostServices(services, WINDOWS_PLATFORM, images=_images(services), dependents=_dependents(services))
            for host, services in self._windows_hosts()
        }
        names, tls = _names(blueprint), self._client_context()
        pauses_s, gadgets_s = blueprint.lawful.library_pauses_s, blueprint.lawful.gadgets_s
        self.browsers = (
            (
                BrowserServer(names, tls, self._seeds.desktop, pauses_s=pauses_s, gadgets_s=gadgets_s),
                blueprint.browsers,
            ),
            (
                BrowserServer(names, tls, self._seeds.desktop, by_socket=True, pauses_s=pauses_s, gadgets_s=gadgets_s),
                blueprint.browsers_by_socket,
            ),
        )
        self.consoles: dict[str, MockVos | MockWindows] = dict(self._consoles())

    async def start(self) -> None:
        """Start everything: AW hosts, CTI servers, nodes, consoles. Raises OSError: a port is taken.

        Services take their time when they are started again; nobody has to wait for it here.
        """
        for host in self.aw_hosts.values():
            await host.start()
        for agent in self.sql_agents.values():
            await agent.start()
        for gateway in self.gateways:
            await gateway.start()
        await self.pair.start()
        for service in self._windows_services():
            service.start_s, service.stop_s = self.blueprint.windows_start_s, self.blueprint.windows_stop_s
        for node in self.nodes.values():
            node.tomcat.start_s = 0.0
        await asyncio.gather(*(node.start() for node in self.nodes.values()))
        for node in self.nodes.values():
            node.tomcat.start_s = self.blueprint.tomcat_start_s
        if self.identity is not None and self.blueprint.identity is not None:
            await self.identity.start(self.blueprint.identity.https.address, self.blueprint.identity.https.port)
        for browsers, place in self.browsers:
            if place is not None:
                await browsers.start(place.address, place.port)
        for host_name, at in self.blueprint.ssh():
            await self.consoles[host_name].start(at.address, at.port)

    async def stop(self) -> None:
        """Stop everything, in good order. Safe twice, and after half a start."""
        for browsers, _ in self.browsers:
            await browsers.stop()
        if self.identity is not None:
            await self.identity.stop()
        for console in self.consoles.values():
            await console.stop()
        for services in self.windows.values():
            await services.close()
        for service in self._windows_services():
            service.stop_s = 0.0
        await asyncio.gather(*(node.stop() for node in self.nodes.values()))
        await self.pair.stop()
        for gateway in self.gateways:
            await gateway.stop()
        await asyncio.gather(*(agent.stop() for agent in self.sql_agents.values()))
        await asyncio.gather(*(host.stop() for host in self.aw_hosts.values()))

    def write_authority(self, path: Path) -> None:
        """The CA's certificate, as clients need it."""
        self.authority.cert_pem.write_to_path(path)

    def _client_context(self) -> ssl.SSLContext:
        """A browser that trusts the deployment's CA, as a lab's browsers have to."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        return context

    def _cti_servers(self) -> tuple[CtiServer, CtiServer]:
        blueprint = self.blueprint
        made = [
            CtiServer(
                side,
                self.peripheral,
                host=at.address,
                port=at.port,
                options=blueprint.cti_options,
                defects=self._seeds.switch,
            )
            for side, at in ((Side.A, blueprint.cti_a), (Side.B, blueprint.cti_b))
        ]
        return made[0], made[1]

    def _aw_host(self, name: str, at: At) -> AwHost:
        blueprint = self.blueprint
        account = DatabaseAccount(blueprint.database_name, *blueprint.database_account)
        return AwHost(name, self.central, account, instance=blueprint.instance, address=at.address, port=at.port)

    def _gateways(self) -> tuple[PeripheralGateway, PeripheralGateway]:
        def made(server: CtiServer) -> PeripheralGateway:
            return PeripheralGateway(
                f"Cisco ICM {self.blueprint.instance} PG1{server.side}",
                server,
                may_be_active=lambda: self.pair.variant is Variant.BOTH_ACCEPT or self.pair.active is server,
            )

        return made(self.pair.a), made(self.pair.b)

    def _identity(self) -> IdentityService | None:
        """None where nobody signs in by single sign-on."""
        plan, people = self.blueprint.identity, [one for one in self.blueprint.people if one.signs_on]
        if plan is None or not people:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(plan.host, plan.https.address).configure_cert(context)
        return IdentityService(
            plan.host,
            plan.https.port,
            passwords={name: one.password for one in people for name in (one.id, one.login)},
            ids={name: one.id for one in people for name in (one.id, one.login)},
            redirect_uris=frozenset(
                redirect_uri(node.host, node.https.port, path) for node in self.blueprint.nodes for path in LED_BACK
            ),
            lifetimes=plan.lifetimes,
            ssl_context=context,
            defects=self._seeds.identity,
        )

    def _credentials(self, plan: NodePlan) -> Credentials:
        """Each node has its own: caches and connections are not shared."""
        checked = self._passwords(plan)
        return checked if self.identity is None else TokenCredentials(checked, self.identity)

    def _passwords(self, plan: NodePlan) -> Credentials:
        blueprint = self.blueprint
        if blueprint.aw:
            return AwdbCredentials(
                self.administration,
                hosts=blueprint.hosts,
                options=AwdbOptions(attempts=blueprint.lawful.awdb_attempts, keeps=blueprint.lawful.keeps_awdb),
                defects=self._seeds.nodes[plan.host],
            )
        passwords = {name: person.password for person in blueprint.people for name in (person.id, person.login)}
        return FixedCredentials(passwords | dict([blueprint.admin]), frozenset({blueprint.admin[0]}))

    def _consoles(self) -> Iterator[tuple[str, MockVos | MockWindows]]:
        accounts = [Account(*self.blueprint.console)]
        for host, services in self.appliances.items():
            yield host, MockVos(self.host_keys[host], accounts, services, self.blueprint.vos, self.nodes[host].visitors)
        for host, windows in self.windows.items():
            yield host, MockWindows(self.host_keys[host], accounts, windows)

    def _windows_hosts(self) -> Iterator[tuple[str, dict[str, Service]]]:
        servers = (self.pair.a, self.pair.b)
        for pg, server, gateway in zip(self.blueprint.pg, servers, self.gateways, strict=False):
            yield pg.host, {f"Cisco ICM {self.blueprint.instance} CG1{server.side}": server, gateway.name: gateway}
        for name, host in self.aw_hosts.items():
            agent = self.sql_agents[name]
            yield name, {**host.services, agent.name: agent}

    def _windows_services(self) -> list[Service]:
        return [service for _, services in self._windows_hosts() for service in services.values()]

    def _node(self, plan: NodePlan) -> FinesseNode:
        blueprint = self.blueprint
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(plan.host, plan.https.address, plan.xmpp.address).configure_cert(context)
        config = NodeConfig(
            host=plan.host,
            primary_host=blueprint.nodes[0].host,
            secondary_host=blueprint.nodes[1].host if len(blueprint.nodes) > 1 else None,
            listen=plan.https.address,
            users=_users(blueprint),
            other=next(((_address(one.https), _address(one.xmpp)) for one in blueprint.nodes if one is not plan), None),
            rest_port=plan.https.port,
            xmpp_port=plan.xmpp.port,
            starttls_port=plan.starttls.port,
            web_port=plan.web.port,
            web_clear_port=plan.web_clear.port,
            hosts=blueprint.hosts,
            release=blueprint.release,
            short_ports=plan.short_ports,
            clear_ports=plan.clear_ports,
            redirects=not blueprint.clear_rest,
        )
        options = NodeOptions(
            cti_version=blueprint.cti_version,
            tomcat_start_s=blueprint.tomcat_start_s,
            tells_everything=blueprint.lawful.tells_everything,
            dial_pause_s=blueprint.lawful.dial_pause_s,
            retry_pause_s=blueprint.lawful.retry_pause_s,
            loading_s=blueprint.lawful.loading_s,
            insecure_xmpp=blueprint.insecure_xmpp,
            cors_origins=blueprint.cors_origins,
            user_auth_mode=blueprint.user_auth_mode,
            reasons_required=blueprint.reasons_required,
            phone_inactivity_s=blueprint.lawful.phone_inactivity_s,
            phone_first_try_s=blueprint.lawful.phone_first_try_s,
            answer_s=blueprint.lawful.answer_s,
            tell_s=blueprint.lawful.tell_s,
            respells=blueprint.lawful.respells,
            delivers_twice=blueprint.lawful.delivers_twice,
        )
        return FinesseNode(
            config,
            ssl_context=context,
            credentials=self.credentials[plan.host],
            administration=self.administration,
            options=options,
            defects=self._seeds.nodes[plan.host],
            phones=_phones(blueprint),
            phone_defects=self._seeds.phones[plan.host],
            identity=self.identity,
        )


def _phones(blueprint: Blueprint) -> PhoneDirectory:
    user, password = blueprint.phone_account
    return PhoneDirectory({plan.device: _address(plan.web) for plan in blueprint.phones}, user, password)


def _images(services: Mapping[str, Service]) -> dict[str, str]:
    """The services of one Windows host by the programs that do their work.

    Source: Unified ICM/CCE Serviceability Guide: `ctisvr` is the process of a CTI gateway, `updateaw` the one of a
    Distributor that keeps the database in step.
    """
    programs = {CtiServer: "ctisvr.exe", Distributor: "updateaw.exe"}
    return {programs[type(service)]: name for name, service in services.items() if type(service) in programs}


def _dependents(services: Mapping[str, Service]) -> dict[str, Sequence[str]]:
    """Which services of one Windows host need which: SQL Server's Agent needs SQL Server."""
    masters = [name for name, service in services.items() if isinstance(service, AwDatabase)]
    return {name: [SQL_AGENT] for name in masters}


def _names(blueprint: Blueprint) -> dict[tuple[str, int], tuple[str, int]]:
    """What browsers ask for, by name and documented port, and where it is."""
    found = {}
    for plan in blueprint.nodes:
        found[plan.host, plan.https.port] = (plan.https.address, plan.https.port)
        found[plan.host, BOSH_PORT] = (plan.web.address, plan.web.port)
    if blueprint.identity is not None:
        at = blueprint.identity.https
        found[blueprint.identity.host, at.port] = (at.address, at.port)
    return found


def _address(at: At) -> Address:
    return Address(at.address, at.port)


def _database(blueprint: Blueprint) -> DatabaseSettings | None:
    if not blueprint.aw:
        return None
    primary, *others = (_address(plan.finesse) for plan in blueprint.aw)
    user, password = blueprint.database_account
    secondary = others[0] if others else None
    return DatabaseSettings(primary, secondary, blueprint.database_name, user, password)


def _records(blueprint: Blueprint) -> tuple[Record, ...]:
    """Everybody, as Unified CCE knows them."""
    user, password = blueprint.admin
    people = (
        Record(
            person.id, person.login, secret_of(person.password), Role.SUPERVISOR if person.supervisor else Role.AGENT
        )
        for person in blueprint.people
    )
    return (*people, Record(user, user, secret_of(password), Role.ADMINISTRATOR))


def _users(blueprint: Blueprint) -> tuple[UserRecord, ...]:
    """Everybody, as Finesse knows them."""
    teams = {team: str(5001 + n) for n, team in enumerate(sorted({one.team for one in blueprint.people}))}
    return tuple(
        UserRecord(
            login_id=person.id,
            login_name=person.login,
            first_name=person.login.capitalize(),
            last_name="Agent",
            roles=("Agent", "Supervisor") if person.supervisor else ("Agent",),
            team_id=teams[person.team],
            team_name=person.team,
            skill_target_id=str(5001 + number),
            signs_on=person.signs_on,
        )
        for number, person in enumerate(blueprint.people)
    )


def _peripheral(blueprint: Blueprint) -> PeripheralConfig:
    return PeripheralConfig(
        agents=tuple(
            AgentConfig(
                person.id,
                person.password,
                person.extension,
                first_name=user.first_name,
                last_name=user.last_name,
                login_name=person.login,
                load=Load.LOGOUT if person.logged_out else Load.NOT_READY,
                team=person.team,
                supervisor=person.supervisor,
            )
            for person, user in zip(blueprint.people, _users(blueprint), strict=True)
        ),
        peripheral_id=blueprint.peripheral_id,
    )
