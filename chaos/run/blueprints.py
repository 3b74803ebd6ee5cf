"""The mock that an inventory describes, as the blueprint it is built from.

Nothing is opened here: addresses come from `Places`, and secrets are revealed or invented.
"""

import os
import re
import secrets

from chaos.errors import UsageError
from chaos.inventory import Agent, FinesseNode, Host, Inventory, MockOptions, MockVariants
from chaos.mock.blueprint import At, AwPlan, Blueprint, IdentityPlan, Lawful, NodePlan, Person, PgPlan, PhonePlan
from chaos.mock.consoles.vos import VosVariants
from chaos.mock.cti_server.options import CtiOptions, StandbyAnswer
from chaos.mock.cti_server.pair import Variant
from chaos.mock.defects import Break
from chaos.mock.identity.grants import Lifetimes
from chaos.network import holds
from chaos.run.places import Places

CONSOLE_USER = "administrator"
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


def blueprint_of(inventory: Inventory, places: Places, breaks: tuple[Break, ...]) -> Blueprint:
    """The mock that this inventory describes. Hosts without an address are given one, in an order that is always the
    same. Raises UsageError: the mock cannot be such a deployment."""
    nodes = tuple(_node_plan(node, places) for node in inventory.finesse_nodes())
    if inventory.cti.b is None:
        raise UsageError("the mock is a duplex deployment: give cti.b a host")
    sides = [places.at(server.address or places.host(), server.port) for server in (inventory.cti.a, inventory.cti.b)]
    proxies = places.host()
    listens = [
        _listen(inventory, name, places, proxies, at) for name, at in zip(("cti-a", "cti-b"), sides, strict=True)
    ]
    mock = inventory.mock
    instance = _instance(inventory)
    database = inventory.awdb.database if inventory.awdb else None
    aw = _aw_plans(inventory, places, proxies)
    browsers = places.host()
    return Blueprint(
        nodes=nodes,
        cti_a=sides[0],
        cti_b=sides[1],
        finesse_cti_a=listens[0],
        finesse_cti_b=listens[1],
        people=_people(inventory),
        admin=(inventory.admin.user, inventory.admin.password.reveal(os.environ)),
        console=_console_account(inventory),
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
        reasons_required=bool(mock and mock.variants.reasons_required),
        release=inventory.release,
        clear_rest=inventory.release in INSECURE_RELEASES,
        lawful=_lawful(mock.variants) if mock else Lawful(),
        breaks=breaks,
        browsers=places.at(browsers, DEVTOOLS_PORT),
        browsers_by_socket=places.at(browsers, DEVTOOLS_PORT + 1),
        phones=_phone_plans(inventory, places),
        identity=_identity_plan(inventory, places),
        phone_account=_phone_account(inventory),
    )


def _node_plan(node: FinesseNode, places: Places) -> NodePlan:
    address = node.address or places.host()
    return NodePlan(
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


def _people(inventory: Inventory) -> tuple[Person, ...]:
    """Everybody whom the deployment knows; who signs in by single sign-on comes last."""
    signed_on = inventory.sso.agents if inventory.sso else ()
    return tuple(_person(one) for one in inventory.agents) + tuple(_person(one, signs_on=True) for one in signed_on)


def _person(agent: Agent, *, signs_on: bool = False) -> Person:
    return Person(
        agent.id,
        agent.login,
        agent.password.reveal(os.environ),
        agent.extension,
        agent.team,
        agent.supervisor,
        agent.load == 1,
        signs_on=signs_on,
    )


def _console_account(inventory: Inventory) -> tuple[str, str]:
    """User and password of all consoles: the inventory's, else invented."""
    console = next((host.ssh for _, host in inventory.hosts() if host.ssh), None)
    if console is None:
        return CONSOLE_USER, secrets.token_hex(8)
    return console.user, console.password.reveal(os.environ) if console.password else secrets.token_hex(8)


def _phone_account(inventory: Inventory) -> tuple[str, str]:
    """User and password of who may control IP phones: the inventory's, else invented."""
    if inventory.phones is None:
        return PHONE_USER, secrets.token_hex(8)
    account = inventory.phones.account
    return account.user, account.password.reveal(os.environ)


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
    usual = Lawful()
    return Lawful(
        tells_everything=variants.told_after_gap == "everything",
        dial_pause_s=variants.dial_pause_s or 0.0,
        loading_s=variants.loading_s or 0.0,
        awdb_attempts=variants.awdb_attempts,
        phone_inactivity_s=variants.phone_inactivity_s,
        phone_first_try_s=variants.phone_first_try_s,
        answer_s=variants.answer_s or 0.0,
        tell_s=variants.tell_s or 0.0,
        respells=variants.spelling == "other",
        delivers_twice=variants.delivered == "twice",
        keeps_awdb=variants.awdb_connection == "kept",
        retry_pause_s=variants.retry_pause_s or usual.retry_pause_s,
        library_pauses_s=variants.library_pauses_s or usual.library_pauses_s,
        gadgets_s=variants.gadgets_s,
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
