"""The table of checks: what is looked at on a lab of this description, and which clauses lean on it."""

import functools
from collections.abc import Awaitable, Callable, Iterator

from chaos.inventory import Host, Inventory, Ssh
from chaos.preflight import browsers, commands, cti, doors, finesse, gaps, lease, links, people
from chaos.preflight.consoles import finesse_services, login, windows_services
from chaos.preflight.context import Context
from chaos.preflight.finding import ALL, Check, Finding

ConsoleLook = Callable[[Context, Host, Ssh], Awaitable[Finding]]

# Side B is where every experiment of the family lets Finesse go.
CTI_PAIR = ("CTI", "CLIENT-20", "IPPA-12")
TWO_NODES = (
    *(f"CLIENT-{number:02}" for number in (3, 4, 11, 12, 13, 14, 15)),
    *(f"DESKTOP-{number:02}" for number in (7, 12, 13)),
    "IPPA-05",
    "IPPA-09",
)
TWO_AWDBS = ("AWDB-01", "AWDB-05", "AWDB-06", "AWDB-07", "AWDB-12")
SERVICE_FAULTS = ("CTI-01", "AWDB-01", "CLIENT-17", "CLIENT-18", "CLIENT-19", "IPPA-10", "IPPA-11")
"""A service is stopped, started or restarted on a Finesse node's console."""
ADMINISTRATION = ("CTI-01", "AWDB-01", "AWDB-09")

_LINK_NEEDS = {"cti-a": CTI_PAIR, "cti-b": CTI_PAIR, "awdb-a": ("AWDB",), "awdb-b": TWO_AWDBS}


def checks_for(inventory: Inventory, *, in_run: bool = False, links_placed: bool = False) -> tuple[Check, ...]:
    """Every check of this lab. in_run: the lease is ours. links_placed: the run's own proxies are up."""
    return (
        *([] if in_run or links_placed else _lease(inventory)),
        *_gaps(inventory),
        *_nodes(inventory),
        *_administration(inventory),
        *_people(inventory),
        *_consoles(inventory),
        *_commands(inventory),
        *_browsers(inventory),
        *_cti(inventory),
        *_awdb(inventory),
        *([] if links_placed else _links(inventory)),
    )


def _gaps(inventory: Inventory) -> Iterator[Check]:
    """What the inventory leaves out; nothing is opened for these."""
    for name, needed_by, look in (
        ("inventory: subscriber", TWO_NODES, gaps.subscriber),
        ("inventory: CTI links", CTI_PAIR, gaps.cti_links),
        ("inventory: AWDB", ("AWDB",), gaps.awdb),
        ("inventory: secondary AWDB", TWO_AWDBS, gaps.second_awdb),
        ("inventory: consoles", SERVICE_FAULTS, gaps.consoles),
        ("inventory: outside number", ("CTI-11", "CLIENT"), gaps.outside_number),
        ("inventory: browsers", ("CLIENT",), browsers.described),
        ("inventory: IP phones", ("IPPA",), gaps.phones),
    ):
        yield Check(name, inventory.name, look, needed_by, 1.0, cheap=True)


def _lease(inventory: Inventory) -> Iterator[Check]:
    if inventory.deployment == "live":
        yield Check("earlier runs", inventory.name, lease.undone, (), 5.0)
        yield Check("lease", inventory.name, lease.free, ALL, 5.0)


def _nodes(inventory: Inventory) -> Iterator[Check]:
    timing = inventory.timing
    tls_s = 4 * timing.connect_timeout_s + 1
    info_s = tls_s + 5 * timing.request_timeout_s
    for node in inventory.finesse_nodes():
        rest = functools.partial(doors.tls_door, what="Cisco Finesse Tomcat", node=node, port=node.https_port)
        xmpp = functools.partial(
            doors.tls_door, what="Cisco Finesse Notification Service", node=node, port=inventory.events_port(node)
        )
        where = f"{node.dial}:{node.https_port}"
        yield Check(f"{node.host}: REST", where, rest, ALL, tls_s, cheap=True)
        yield Check(f"{node.host}: XMPP", f"{node.dial}:{inventory.events_port(node)}", xmpp, ALL, tls_s, cheap=True)
        in_service = functools.partial(finesse.in_service, node=node)
        yield Check(f"{node.host}: in service", where, in_service, ALL, info_s, cheap=True)
        link = functools.partial(finesse.cti_link_of, node=node)
        yield Check(f"{node.host}: CTI link", where, link, CTI_PAIR, info_s, cheap=True)
        clock = functools.partial(finesse.clock_of, node=node)
        yield Check(f"{node.host}: clock", where, clock, (), info_s, cheap=True)


def _administration(inventory: Inventory) -> Iterator[Check]:
    timing = inventory.timing
    within_s = 4 * timing.connect_timeout_s + 8 * timing.request_timeout_s
    where = inventory.publisher.host
    user = inventory.admin.user
    yield Check("administrator", user, finesse.administrator, ADMINISTRATION, within_s, cheap=True)
    for name in inventory.links:
        look = finesse.cti_administration if name.startswith("cti-") else finesse.awdb_administration
        run = functools.partial(look, name=name)
        yield Check(f"administration: {name}", where, run, _LINK_NEEDS[name], within_s, cheap=True)
    if inventory.awdb is not None and inventory.awdb.secondary is not None:
        yield Check("administration: secondary AWDB", where, finesse.awdb_secondary, TWO_AWDBS, within_s, cheap=True)
    if inventory.subscriber is not None:
        yield Check("administration: cluster", where, finesse.cluster, TWO_NODES, within_s, cheap=True)
        about = inventory.subscriber.host
        yield Check("administration: subscriber", about, finesse.subscriber_refuses, (), within_s, cheap=True)


def _people(inventory: Inventory) -> Iterator[Check]:
    timing = inventory.timing
    one_by_one_s = 4 * timing.connect_timeout_s + 6 * timing.request_timeout_s + float(len(inventory.agents))
    many_s = one_by_one_s + 4 * timing.request_timeout_s
    where = inventory.publisher.host
    yield Check("agents: passwords", where, people.passwords, ALL, one_by_one_s)
    yield Check("agents: as described", where, people.as_described, (), one_by_one_s)
    yield Check("agents: free", where, people.free, ALL, many_s)
    yield Check("agents: foreign", where, people.foreigners, ALL, many_s)
    for number, node in enumerate(inventory.finesse_nodes()):
        run = functools.partial(people.events, node=node, number=number)
        where = f"{node.dial}:{inventory.events_port(node)}"
        yield Check(f"{node.host}: events", where, run, ALL, many_s + 20.0)


def _consoles(inventory: Inventory) -> Iterator[Check]:
    """Hosts that share an account take turns, so that each may have to wait for those before it."""
    before: dict[tuple[str, str], int] = {}
    for (section, *more), host in inventory.hosts():
        ssh = host.ssh
        if ssh is None:
            continue
        account = (ssh.kind, ssh.user.casefold())
        before[account] = before.get(account, 0) + 1
        # A login, a listing, a goodbye; each is given the console's time-out by its client.
        within_s = before[account] * (2 * inventory.timing.console_timeout_s + 15.0)
        where = f"{host.dial}:{ssh.port}"
        door = functools.partial(doors.is_open, what="SSH", host=host.dial, port=ssh.port)
        needed_by = {"cti": (), "awdb": ("AWDB-01",)}.get(section, SERVICE_FAULTS)
        yield Check(f"{host.host}: SSH", where, door, needed_by, inventory.timing.connect_timeout_s + 5.0)
        yield Check(f"{host.host}: console", where, functools.partial(login, host=host, ssh=ssh), needed_by, within_s)
        if section == "cti":
            side = more[0].upper()
            look = windows_services(f"Cisco ICM {{instance}} CG*{side}", f"Cisco ICM {{instance}} PG*{side}")
            leaning: tuple[str, ...] = CTI_PAIR
        elif section == "awdb":
            look, leaning = windows_services("Cisco ICM {instance} Distributor"), ("AWDB",)
        else:
            look, leaning = finesse_services, ALL
        run = _at(look, host, ssh)
        yield Check(f"{host.host}: services", where, run, leaning, within_s)


def _commands(inventory: Inventory) -> Iterator[Check]:
    """No clause leans on a command alone: the experiments that use one say so themselves."""
    for name, command in inventory.commands.items():
        run = functools.partial(commands.state, name=name)
        yield Check(f"command: {name}", command.state[0], run, (), command.timeout_s + 5.0)


def _browsers(inventory: Inventory) -> Iterator[Check]:
    if inventory.browsers is not None:
        within_s = 5 * inventory.timing.request_timeout_s
        for node in inventory.finesse_nodes():
            run = functools.partial(browsers.page, node=node)
            yield Check(f"browsers: {node.host}", inventory.browsers.devtools, run, ("CLIENT",), within_s)


def _at(look: ConsoleLook, host: Host, ssh: Ssh) -> Callable[[Context], Awaitable[Finding]]:
    async def run(ctx: Context) -> Finding:
        return await look(ctx, host, ssh)

    return run


def _cti(inventory: Inventory) -> Iterator[Check]:
    timing = inventory.timing
    # A connection, a session, a close; a side may wait for what the other one said.
    within_s = 2 * (timing.connect_timeout_s + timing.request_timeout_s + 15.0)
    for letter, server in zip("ab", inventory.cti_servers(), strict=False):
        run = functools.partial(cti.side, letter=letter, server=server)
        yield Check(f"CTI side {letter.upper()}", f"{server.dial}:{server.port}", run, CTI_PAIR, within_s, cheap=True)
    yield Check("CTI telephone", "both sides", cti.telephone, ALL, within_s + timing.request_timeout_s, cheap=True)


def _awdb(inventory: Inventory) -> Iterator[Check]:
    for number, host in enumerate(inventory.aw_hosts()):
        run = functools.partial(doors.is_open, what="the AWDB (SQL Server)", host=host.dial, port=host.port)
        needed_by = TWO_AWDBS if number else ("AWDB",)
        yield Check(
            f"{host.host}: AWDB", f"{host.dial}:{host.port}", run, needed_by, inventory.timing.connect_timeout_s + 5.0
        )


def _links(inventory: Inventory) -> Iterator[Check]:
    timing = inventory.timing
    api_s = 3 * timing.connect_timeout_s + 10.0
    used = {link.proxy for link in inventory.links.values()}
    for name, server in inventory.proxies.items():
        if name in used and not server.embedded:
            needed_by = tuple(
                dict.fromkeys(
                    need for link, one in inventory.links.items() if one.proxy == name for need in _LINK_NEEDS[link]
                )
            )
            yield Check(
                f"proxies: {name}", str(server.api), functools.partial(links.server, name=name), needed_by, api_s
            )
    for link_name, link in inventory.links.items():
        run = functools.partial(links.proxy, name=link_name, link=link)
        yield Check(f"link {link_name}: proxy", str(link.listen), run, _LINK_NEEDS[link_name], api_s + 5.0)
        if link.relay_at is not None:
            relay = functools.partial(links.relay, name=link_name, at=link.relay_at)
            yield Check(f"link {link_name}: relay", str(link.relay), relay, _LINK_NEEDS[link_name], 5.0)
