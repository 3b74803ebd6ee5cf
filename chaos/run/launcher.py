"""Starts the built-in mock for an inventory that asks for one, and fills in where everything of it listens.

Each host gets an address of its own and the documented ports, as on a network: on the virtual clock one of the loop's
own network, the same in every run, and in real time a loopback address. Where the machine has only one
loopback address (macOS, some containers), all hosts share it and get free ports.
"""

import errno
import os
import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.clients.command import Stoppable
from chaos.clock import is_virtual
from chaos.errors import LabRefused, UsageError
from chaos.inventory import Host, Inventory, MockOptions, MockVariants, resolved
from chaos.mock.blueprint import At, AwPlan, Blueprint, IdentityPlan, Lawful, NodePlan, Person, PgPlan, PhonePlan
from chaos.mock.consoles.vos import VosVariants
from chaos.mock.cti_server.options import CtiOptions, StandbyAnswer
from chaos.mock.cti_server.pair import Variant
from chaos.mock.defects import Break, parse_break
from chaos.mock.identity.grants import Lifetimes
from chaos.network import HOSTS, holds
from chaos.run.orders import orders_to
from chaos.run.selection import did_you_mean

if TYPE_CHECKING:
    from chaos.mock.deployment import Deployment

CONSOLE_USER = "administrator"
FAST_CONSOLES = VosVariants(banner_s=0.1, list_s=0.05, status_every_s=0.1)
INSTANCE = "ucce"
AWDB_SUFFIX = "_awdb"
OLDEST_CTI = 9
_STANDBY = {
    "refuses": StandbyAnswer.REFUSE_TCP,
    "offline": StandbyAnswer.OFFLINE,
    "not-master": StandbyAnswer.NOT_MASTER,
    "invalid-client": StandbyAnswer.INVALID_CLIENT,
}
XMPP_PORT, WEB_PORT, WEB_CLEAR_PORT = 5222, 7443, 7071
DEVTOOLS_PORT = 9222
IDS_HOST, IDS_PORT = "ids.mock.test", 8553
# Emulated IP phones of a mock: the last spare agents have one each.
PHONES, PHONE_WEB_PORT, PHONE_USER = 6, 8088, "fippa"
# Where Tomcat is reached besides 8445. Without TLS, releases from 12.5 on only lead to where there is one.
SHORT_PORTS, CLEAR_PORTS = (443,), (80, 8082)
# Source: Finesse 12.5(1) release notes; from then on it has to be switched on.
INSECURE_RELEASES = ("11.6(1)", "12.0(1)")


# So often other ports are looked for when somebody has taken one of them before its server listened.
_PORTS_TAKEN_MAX = 5


class MockNotStarted(LabRefused):
    """The mock deployment could not be started; says which address and why."""


@dataclass
class Launched:
    """A running mock. inventory: as given, with everything filled in. deployment: for tests of the harness only."""

    inventory: Inventory
    deployment: "Deployment"
    folder: Path
    _own_folder: bool

    @property
    def orders(self) -> "Mapping[str, Stoppable]":
        """What the mock does for faults that a lab has commands for."""
        return orders_to(self.deployment)

    async def stop(self) -> None:
        await self.deployment.stop()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def breaks_named(texts: Sequence[str]) -> tuple[Break, ...]:
    """Defects by name, narrowed or not. Raises UsageError: there is none of that name, or it cannot be narrowed so."""
    return tuple(parse_break(text, meant=did_you_mean) for text in texts)


async def launch(
    inventory: Inventory,
    *,
    defects: Sequence[str] = (),
    folder: Path | None = None,
    block: str | None = None,
    tomcat_start_s: float | None = None,
    fast: bool = False,
) -> Launched:
    """Start a mock for this inventory on the running loop.

    folder: where its CA goes (None: a temporary one, removed by `stop`). block: the first three parts of its loopback
    addresses, "127.0.10" for instance (None: one that is free; on the virtual clock, the loop's own network).
    tomcat_start_s: how long Finesse's Tomcat takes (None: as documented). fast: consoles answer and Windows services
    change almost at once. Raises MockNotStarted, UsageError.
    """
    for tries_left in reversed(range(_PORTS_TAKEN_MAX)):
        places = Places(block)
        try:
            return await _launched_at(places, inventory, defects, folder, tomcat_start_s, fast)
        except MockNotStarted as error:
            # Ports that were free when they were looked for: somebody else was faster, and others are free.
            taken = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
            if not (taken and places.finds_ports and tries_left):
                raise
    raise AssertionError  # the last try has returned or raised


async def _launched_at(
    places: "Places",
    inventory: Inventory,
    defects: Sequence[str],
    folder: Path | None,
    tomcat_start_s: float | None,
    fast: bool,
) -> Launched:
    from chaos.mock.deployment import Deployment

    own = inventory.mock.defects if inventory.mock else ()
    blueprint = _blueprint(inventory, places, breaks_named((*own, *defects)))
    if fast:
        blueprint = replace(
            blueprint,
            vos=replace(FAST_CONSOLES, version=blueprint.vos.version),
            windows_start_s=0.2,
            windows_stop_s=0.1,
        )
    if tomcat_start_s is not None:
        blueprint = replace(blueprint, tomcat_start_s=tomcat_start_s)
    deployment = Deployment(blueprint)
    own_folder = folder is None
    folder = folder or Path(tempfile.mkdtemp(prefix="finesse-chaos-"))
    try:
        deployment.write_authority(folder / "ca.pem")
        await deployment.start()
    except BaseException as error:
        await deployment.stop()
        if own_folder:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        raise MockNotStarted(f"the mock could not be started: {error}; is another one running there?") from error
    filled = resolved(inventory, _filled(inventory, blueprint, deployment, folder / "ca.pem"))
    return Launched(filled, deployment, folder, own_folder)


class Places:
    """Addresses and ports for the mock's hosts, in the order in which they are asked for."""

    def __init__(self, block: str | None) -> None:
        self._block = block or (HOSTS if is_virtual() else _free_block())
        self._numbers = iter(range(1, 255))
        self._given: set[int] = set()

    def host(self) -> str:
        """The next host's address."""
        return "127.0.0.1" if self._block is None else f"{self._block}.{next(self._numbers)}"

    @property
    def finds_ports(self) -> bool:
        """Whether all hosts share one address, and each server is given a port that is free."""
        return self._block is None

    def at(self, address: str, port: int) -> At:
        return At(address, self._free_port(address) if self.finds_ports else port)

    def _free_port(self, address: str) -> int:
        """One that nobody has, and that was not given already: it is free again until its server listens."""
        while True:
            port = _free_port(address)
            if port not in self._given:
                self._given.add(port)
                return port


def _free_block() -> str | None:
    """A block of loopback addresses that nobody listens on; None where there is only one address."""
    for _ in range(64):
        block = f"127.{64 + secrets.randbelow(128)}.{secrets.randbelow(256)}"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            try:
                trial.bind((f"{block}.1", 8445))
            except OSError:
                continue
            return block
    return None


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind((address, 0))
        return int(trial.getsockname()[1])


def _blueprint(inventory: Inventory, places: Places, breaks: tuple[Break, ...]) -> Blueprint:
    nodes = []
    for node in inventory.finesse_nodes():
        address = node.address or places.host()
        nodes.append(
            NodePlan(
                node.host,
                https=places.at(address, node.https_port),
                xmpp=places.at(address, node.xmpp_port),
                starttls=places.at(address, XMPP_PORT),
                # Both are on Tomcat's port anyhow.
                web=places.at(address, WEB_PORT if node.web_port == node.https_port else node.web_port),
                web_clear=places.at(address, WEB_CLEAR_PORT),
                ssh=_console_at(node, places, address),
                short_ports=() if places.finds_ports else SHORT_PORTS,
                clear_ports=() if places.finds_ports else CLEAR_PORTS,
            )
        )
    if inventory.cti.b is None:
        raise UsageError("the mock is a duplex deployment: give cti.b a host")
    sides = [places.at(server.address or places.host(), server.port) for server in (inventory.cti.a, inventory.cti.b)]
    proxies = places.host()
    listens = [
        _listen(inventory, name, places, proxies, at) for name, at in zip(("cti-a", "cti-b"), sides, strict=True)
    ]
    mock = inventory.mock
    console = next((host.ssh for _, host in inventory.hosts() if host.ssh), None)
    instance = _instance(inventory)
    database = inventory.awdb.database if inventory.awdb else None
    aw = _aw_plans(inventory, places, proxies)
    return Blueprint(
        nodes=tuple(nodes),
        cti_a=sides[0],
        cti_b=sides[1],
        finesse_cti_a=listens[0],
        finesse_cti_b=listens[1],
        people=tuple(
            Person(a.id, a.login, a.password.reveal(os.environ), a.extension, a.team, a.supervisor, a.load == 1)
            for a in inventory.agents
        )
        + tuple(
            Person(
                a.id,
                a.login,
                a.password.reveal(os.environ),
                a.extension,
                a.team,
                a.supervisor,
                a.load == 1,
                signs_on=True,
            )
            for a in (inventory.sso.agents if inventory.sso else ())
        ),
        admin=(inventory.admin.user, inventory.admin.password.reveal(os.environ)),
        console=(
            console.user if console else CONSOLE_USER,
            console.password.reveal(os.environ) if console and console.password else secrets.token_hex(8),
        ),
        peripheral_id=inventory.peripheral_id,
        cti_version=inventory.cti_protocol,
        cti_options=_cti_options(inventory),
        vos=VosVariants(version=_vos_version(inventory.release)),
        variant=Variant(mock.cti_variant) if mock else Variant.BOTH_ACCEPT,
        pg=tuple(
            PgPlan(server.host, _console_at(server, places, at.address))
            for server, at in zip(inventory.cti_servers(), sides, strict=True)
        ),
        aw=aw,
        instance=instance,
        database_name=database or instance + AWDB_SUFFIX,
        database_account=_database_account(inventory),
        insecure_xmpp=_is_insecure(inventory),
        cors_origins=mock.variants.cors_origins if mock else (),
        user_auth_mode=mock.variants.user_auth_mode if mock else True,
        release=inventory.release,
        clear_rest=inventory.release in INSECURE_RELEASES,
        lawful=_lawful(mock.variants) if mock else Lawful(),
        breaks=breaks,
        browsers=places.at(places.host(), DEVTOOLS_PORT),
        phones=_phone_plans(inventory, places),
        identity=_identity_plan(inventory, places),
        phone_account=(
            (inventory.phones.account.user, inventory.phones.account.password.reveal(os.environ))
            if inventory.phones
            else (PHONE_USER, secrets.token_hex(8))
        ),
    )


def _identity_plan(inventory: Inventory, places: Places) -> IdentityPlan | None:
    """A host for Cisco Identity Service, if anybody signs in by it."""
    if inventory.sso is None:
        return None
    access_s = (inventory.mock or MockOptions()).access_token_s
    lifetimes = Lifetimes(refresh_s=inventory.sso.refresh_token_s, access_s=access_s)
    return IdentityPlan(IDS_HOST, places.at(places.host(), IDS_PORT), lifetimes)


def _phone_plans(inventory: Inventory, places: Places) -> tuple[PhonePlan, ...]:
    """As the inventory names them; else phones for the last of the spare agents, at one address."""
    if inventory.phones is not None:
        return tuple(PhonePlan(one.device, At(*one.listen_at)) for one in inventory.phones.devices)
    spare = inventory.agents[inventory.at_work :][-PHONES:]
    address = places.host()
    return tuple(
        PhonePlan(f"SEP{int(agent.extension):012d}", places.at(address, PHONE_WEB_PORT + n))
        for n, agent in enumerate(spare)
        if agent.extension.isdecimal() and len(agent.extension) <= 12
    )


def _cti_options(inventory: Inventory) -> CtiOptions:
    """Of both CTI servers. Protocol 25 came with release 15: others refuse it, unless the inventory speaks it."""
    newest = 25 if inventory.release.startswith("15") else max(24, inventory.cti_protocol)
    mock = inventory.mock or MockOptions()
    return CtiOptions(
        tolerant=mock.cti_openings == "tolerant",
        versions=(OLDEST_CTI, newest),
        standby_answer=_STANDBY[mock.cti_standby],
    )


def _vos_version(release: str) -> str:
    """12.6(2) as a console's `show version` has it; the build's number is ours."""
    numbers = re.findall(r"\d+", release)[:3]
    return ".".join([*numbers, *"00"[: 3 - len(numbers)], "10000-1"])


def _lawful(variants: MockVariants) -> Lawful:
    return Lawful(
        tells_everything=variants.told_after_gap == "everything",
        dial_pause_s=variants.dial_pause_s or 0.0,
        loading_s=variants.loading_s or 0.0,
        awdb_attempts=variants.awdb_attempts,
    )


def _is_insecure(inventory: Inventory) -> bool:
    """Whether XMPP can be used in the clear."""
    said = inventory.mock.variants.insecure_xmpp if inventory.mock else None
    return inventory.release in INSECURE_RELEASES if said is None else said


def _aw_plans(inventory: Inventory, places: Places, proxies: str) -> tuple[AwPlan, ...]:
    """The AW hosts. Finesse takes one port for both, so that their proxies have an address each."""
    plans = []
    for host, link, proxy in zip(inventory.aw_hosts(), ("awdb-a", "awdb-b"), (proxies, None), strict=False):
        address = host.address or places.host()
        database = places.at(address, host.port)
        finesse = _listen(inventory, link, places, proxy or places.host(), database)
        plans.append(AwPlan(host.host, database, finesse, _console_at(host, places, address)))
    return tuple(plans)


def _database_account(inventory: Inventory) -> tuple[str, str]:
    """Finesse's user and password at the AWDB: the inventory's, else invented."""
    account = inventory.awdb.account if inventory.awdb else None
    return ("finesse", secrets.token_hex(8)) if account is None else (account.user, account.password.reveal(os.environ))


def _console_at(host: Host, places: Places, address: str) -> At:
    return places.at(address, host.ssh.port if host.ssh else 22 if holds(address) or os.geteuid() == 0 else 2222)


def _instance(inventory: Inventory) -> str:
    """The ICM instance: as a console's settings have it, else as the AWDB's name begins, else one of our own."""
    named = next((host.ssh.instance for _, host in inventory.hosts() if host.ssh and host.ssh.instance), None)
    database = inventory.awdb.database if inventory.awdb else None
    if named is None and database and database.endswith(AWDB_SUFFIX):
        named = database.removesuffix(AWDB_SUFFIX)
    return named or INSTANCE


def _listen(inventory: Inventory, name: str, places: Places, address: str, server: At) -> At:
    """Where Finesse finds that server: at its link's proxy, or at the server itself if there is no link."""
    link = inventory.links.get(name)  # type: ignore[call-overload]
    if link is None:
        return server
    at = link.listen_at
    return At(at.host, at.port) if at else places.at(address, server.port)


def _filled(inventory: Inventory, blueprint: Blueprint, deployment: "Deployment", ca: Path) -> dict[str, object]:
    values: dict[str, object] = {"tls.ca": ca}
    if blueprint.browsers is not None:
        values["browsers"] = {"devtools": f"http://{blueprint.browsers}"}
    if inventory.phones is None and blueprint.phones:
        user, password = blueprint.phone_account
        values["phones"] = {
            "account": {"user": user, "password": password},
            "devices": [
                {"device": one.device, "extension": str(int(one.device.removeprefix("SEP"))), "listen": str(one.web)}
                for one in blueprint.phones
            ],
        }
    nodes = zip(("publisher", "subscriber"), inventory.finesse_nodes(), blueprint.nodes, strict=False)
    for key, node, plan in nodes:
        values[f"{key}.address"] = plan.https.address
        values[f"{key}.https_port"] = plan.https.port
        values[f"{key}.xmpp_port"] = plan.xmpp.port
        values[f"{key}.web_port"] = plan.https.port if node.web_port == node.https_port else plan.web.port
        values[f"{key}.ssh"] = _console(blueprint, deployment, plan.host, plan.ssh)
    for side, at, pg in zip("ab", (blueprint.cti_a, blueprint.cti_b), blueprint.pg, strict=True):
        values[f"cti.{side}.address"] = at.address
        values[f"cti.{side}.port"] = at.port
        values[f"cti.{side}.ssh"] = _console(blueprint, deployment, pg.host, pg.ssh) | {"instance": blueprint.instance}
    for key, aw in zip(("awdb.primary", "awdb.secondary"), blueprint.aw, strict=False):
        values[f"{key}.address"] = aw.database.address
        values[f"{key}.port"] = aw.database.port
        values[f"{key}.ssh"] = _console(blueprint, deployment, aw.host, aw.ssh) | {"instance": blueprint.instance}
        values["awdb.database"] = blueprint.database_name
    for name, listen, server in (
        ("cti-a", blueprint.finesse_cti_a, blueprint.cti_a),
        ("cti-b", blueprint.finesse_cti_b, blueprint.cti_b),
        *((name, aw.finesse, aw.database) for name, aw in zip(("awdb-a", "awdb-b"), blueprint.aw, strict=False)),
    ):
        if name in inventory.links:
            values[f"links.{name}.listen"] = str(listen)
            values[f"links.{name}.upstream"] = str(server)
    return values


def _console(blueprint: Blueprint, deployment: "Deployment", host: str, at: At) -> dict[str, object]:
    user, password = blueprint.console
    return {"port": at.port, "user": user, "password": password, "host_key": deployment.host_keys[host].public}
