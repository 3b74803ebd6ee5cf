"""Rules across sections: safety first, then whatever must fit together. Pure: an inventory in, problems out.

A rule names the sections it reads and is skipped when one of them could not be read, so that it never complains about
the echo of another error.
"""

import functools
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chaos.inventory.fieldtypes import endpoint, ip_of
from chaos.inventory.hosts import Host
from chaos.inventory.model import AT_WORK_LEAST, HOST_SECTIONS, Inventory, link_target
from chaos.inventory.secret import Secret
from chaos.inventory.ways import Link
from chaos.inventory.yamltree import Loc, Problem

SECRET_SECTIONS = (*HOST_SECTIONS, "admin", "agents", "phones", "sso")
"""The top-level keys under which secrets stand."""

Rule = Callable[[Inventory], Iterator[Problem]]


@dataclass(frozen=True)
class _Ruled:
    needs: frozenset[str]
    rule: Rule


_RULES: list[_Ruled] = []


def _rule(*needs: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES.append(_Ruled(frozenset(needs), rule))
        return rule

    return register


def problems_of(inventory: Inventory, *, broken: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """Everything that does not fit together. `broken`: top-level keys that are not to be looked at."""
    for ruled in _RULES:
        if not ruled.needs & broken:
            yield from ruled.rule(inventory)


@_rule("deployment", "disposable")
def _a_live_lab_is_disposable(inv: Inventory) -> Iterator[Problem]:
    if inv.deployment == "live" and not inv.disposable:
        yield Problem(
            ("disposable",), "true", "false" if "disposable" in inv.model_fields_set else "nothing",
            "this harness breaks the lab on purpose: write 'disposable: true' only if nobody needs this lab",
        )  # fmt: skip


@_rule("deployment", "max_foreign_agents")
def _a_live_lab_bounds_foreign_agents(inv: Inventory) -> Iterator[Problem]:
    if inv.deployment == "live" and "max_foreign_agents" not in inv.model_fields_set:
        yield Problem(
            ("max_foreign_agents",), "how many signed-in agents that are not ours are tolerated", "nothing",
            "add 'max_foreign_agents: 0'; a lab where more are signed in is not touched",
        )  # fmt: skip


@_rule("agents", "at_work")
def _whoever_is_at_work_is_named(inv: Inventory) -> Iterator[Problem]:
    if inv.at_work > max(AT_WORK_LEAST, len(inv.agents)):  # fewer than four are all at work
        yield Problem(
            ("at_work",), f"at most {len(inv.agents)}: so many agents are named", str(inv.at_work),
            "name more agents, or have fewer at work; those who are named beyond them are spare",
        )  # fmt: skip


@_rule("deployment", "tls")
def _a_live_lab_pins_a_ca(inv: Inventory) -> Iterator[Problem]:
    if inv.deployment == "live" and inv.tls.ca is None:
        yield Problem(
            ("tls", "ca"), "a CA file", "nothing",
            "passwords are only sent to a lab that proves who it is:"
            " add 'tls: {ca: lab-ca.pem}' with both nodes' certificates",
        )  # fmt: skip


def _live_host_keys_are_pinned(section: str, inv: Inventory) -> Iterator[Problem]:
    for path, host in inv.hosts_in(section):
        if inv.deployment == "live" and host.ssh is not None and host.ssh.host_key is None:
            yield Problem(
                (*path, "ssh", "host_key"), "the pinned public key of the console", "nothing",
                f"add host_key with what 'ssh-keyscan -p {host.ssh.port} {host.dial}' prints after the host name,"
                " once compared with the host's own console",
            )  # fmt: skip


def _live_secrets_are_references(section: str, inv: Inventory) -> Iterator[Problem]:
    for loc, secret in _secrets_in(section, inv):
        if inv.deployment == "live" and secret.is_literal:
            yield Problem(
                loc, "{env: NAME} or {file: PATH}", "a literal text (not shown)",
                "take the secret out of the file, and change it if the file was ever shared",
            )  # fmt: skip


# One rule a section: a typing error at one host must not hide a missing pin at another.
for _section in HOST_SECTIONS:
    _rule("deployment", _section)(functools.partial(_live_host_keys_are_pinned, _section))
for _section in SECRET_SECTIONS:
    _rule("deployment", _section)(functools.partial(_live_secrets_are_references, _section))


@_rule("deployment", "mock")
def _mock_options_belong_to_a_mock(inv: Inventory) -> Iterator[Problem]:
    if inv.deployment == "live" and inv.mock is not None:
        yield Problem(
            ("mock",), "no 'mock' section in a live lab", "one", "remove it, or say 'deployment: mock'", on_key=True
        )


Path = tuple[str, ...]


def _no_machine_is_two(one: Path, other: Path, remedy: str, inv: Inventory) -> Iterator[Problem]:
    hosts = dict((*inv.hosts_in(one[0]), *inv.hosts_in(other[0])))
    if one not in hosts or other not in hosts:
        return
    key = _same(hosts[one], hosts[other])
    if key is not None:
        found = "the same host key" if key == "ssh" else f"'{getattr(hosts[other], key)}' again"
        yield Problem((*other, key), f"another machine than {'.'.join(one)}", found, remedy)


_PAIRS: tuple[tuple[Path, Path, str], ...] = (
    (("publisher",), ("subscriber",), "name the second node, or drop 'subscriber' in a single-node lab"),
    (
        ("cti", "a"), ("cti", "b"),
        "Finesse refuses a backup CTI host equal to the first: name the B side, or drop 'b' in a simplex lab",
    ),
    (("awdb", "primary"), ("awdb", "secondary"), "name the second AW, or drop 'secondary'"),
    *(
        ((node,), host, "a Finesse node is an appliance, with nothing else on it: correct one of the two")
        for node in ("publisher", "subscriber")
        for host in (("cti", "a"), ("cti", "b"), ("awdb", "primary"), ("awdb", "secondary"))
    ),
)  # fmt: skip
# A CTI server and an AW may share a machine: small labs have everything of ICM on one.
for _one, _other, _remedy in _PAIRS:
    _rule(_one[0], _other[0])(functools.partial(_no_machine_is_two, _one, _other, _remedy))


@_rule("agents")
def _agents_are_unique(inv: Inventory) -> Iterator[Problem]:
    for key in ("id", "login", "extension"):
        first: dict[str, int] = {}
        for index, agent in enumerate(inv.agents):
            value = str(getattr(agent, key)).casefold()
            if value in first and (key != "login" or agent.login != agent.id):  # else it repeats the id's problem
                yield Problem(
                    ("agents", index, key), f"{key} of its own", f"that of agents[{first[value]}]",
                    "two agents cannot share it: correct one of them",
                )  # fmt: skip
            first.setdefault(value, index)


@_rule("agents")
def _no_login_is_anothers_id(inv: Inventory) -> Iterator[Problem]:
    ids = {agent.id.casefold(): index for index, agent in enumerate(inv.agents)}
    for index, agent in enumerate(inv.agents):
        other = ids.get(agent.login.casefold(), index)
        if other != index and inv.agents[other].login.casefold() != agent.login.casefold():  # else said above
            yield Problem(
                ("agents", index, "login"), "login of its own", f"the id of agents[{other}]",
                "Finesse takes an id for a login too: correct one of them",
            )  # fmt: skip


@_rule("agents", "sso")
def _who_signs_on_is_no_other_agent(inv: Inventory) -> Iterator[Problem]:
    if inv.sso is None:
        return
    for key in ("id", "login", "extension"):
        taken = {str(getattr(one, key)).casefold(): f"agents[{n}]" for n, one in enumerate(inv.agents)}
        for index, agent in enumerate(inv.sso.agents):
            value = str(getattr(agent, key)).casefold()
            if value in taken:
                yield Problem(
                    ("sso", "agents", index, key), f"{key} of its own", f"that of {taken[value]}",
                    "an agent signs in by a password of Unified CCE or by single sign-on, not by both: correct one",
                )  # fmt: skip
            taken.setdefault(value, f"sso.agents[{index}]")


@_rule("agents", "outside_number")
def _the_outside_number_is_outside(inv: Inventory) -> Iterator[Problem]:
    for index, agent in enumerate(inv.agents):
        if agent.extension == inv.outside_number:
            yield Problem(
                ("outside_number",), "a number of no agent", f"the extension of agents[{index}]",
                "name a device that answers and that no agent uses (a conference with an outside party needs it)",
            )  # fmt: skip


@_rule("proxies", "links")
def _links_name_a_proxy(inv: Inventory) -> Iterator[Problem]:
    names = ", ".join(inv.proxies) or "none yet"
    for name, link in inv.links.items():
        if link.proxy not in inv.proxies:
            yield Problem(
                ("links", name, "proxy"), f"a name from 'proxies' ({names})", f"'{link.proxy}'",
                f"add '{link.proxy}: {{}}' under 'proxies' for our embedded server, or correct the name",
            )  # fmt: skip


@_rule("links", "cti", "awdb")
def _links_lead_to_a_host(inv: Inventory) -> Iterator[Problem]:
    for name, link in inv.links.items():
        target = link_target(name, inv.cti, inv.awdb)
        section = {"cti-b": "cti.b", "awdb-a": "awdb.primary", "awdb-b": "awdb.secondary"}.get(name, "cti.a")
        if target is None:
            yield Problem(
                ("links", name), f"a link to a host of this lab ({section})", "no such host",
                f"describe {section}, or drop the link", on_key=True,
            )  # fmt: skip
        elif link.upstream_at is not None:
            host, port = link.upstream_at
            if host.casefold() not in (target.host.casefold(), target.address) or port != target.port:
                yield Problem(
                    ("links", name, "upstream"), f"{section}: {target.dial}:{target.port}", f"'{link.upstream}'",
                    f"the end of {name} and {section} are the same server: correct one of them",
                )  # fmt: skip


@_rule("links")
def _a_relay_speaks_cti(inv: Inventory) -> Iterator[Problem]:
    for name, link in inv.links.items():
        if link.relay is not None and not name.startswith("cti-"):
            yield Problem(
                ("links", name, "relay"), "no relay on this link", f"'{link.relay}'",
                "the relay understands CTI messages only: remove it, the proxy then leads straight to the host",
                on_key=True,
            )  # fmt: skip


@_rule("deployment", "links")
def _live_links_are_whole(inv: Inventory) -> Iterator[Problem]:
    why = {
        "listen": "the address that Finesse's administration is set to",
        "upstream": "the real server behind the proxy",
    }
    for name, link in inv.links.items():
        for key, meaning in why.items():
            if inv.deployment == "live" and getattr(link, key) is None:
                yield Problem(("links", name, key), meaning, "nothing", f"add '{key}: ADDRESS:PORT'")


@_rule("links")
def _no_two_listen_at_one_place(inv: Inventory) -> Iterator[Problem]:
    taken: dict[tuple[str, int], str] = {}
    for loc, text in _listeners(inv):
        place = endpoint(text)
        if place in taken:
            remedy = "each listener needs an address or port of its own"
            yield Problem(loc, "a free address and port", f"'{text}', which {taken[place]} has", remedy)
        taken.setdefault(place, ".".join(map(str, loc)))
    for name, link in inv.links.items():
        if link.upstream_at is not None and link.upstream_at in taken:
            yield Problem(
                ("links", name, "upstream"), "the real server",
                f"'{link.upstream}', where {taken[link.upstream_at]} listens",
                "a proxy before itself or another proxy forwards in a circle: give the server's own address",
            )  # fmt: skip


@_rule("links", "proxies")
def _a_remote_proxy_can_reach_the_relay(inv: Inventory) -> Iterator[Problem]:
    for name, link in inv.links.items():
        server = inv.proxies.get(link.proxy)
        if server is None or server.api is None or server.embedded or link.relay_at is None:
            continue
        if _is_here(link.relay_at.host) and not _is_here(endpoint(server.api.removeprefix("http://")).host):
            yield Problem(
                ("links", name, "relay"), f"an address of this machine that proxy '{link.proxy}' can reach",
                f"'{link.relay}'",
                "that proxy runs on another machine, to which a loopback address is its own",
            )  # fmt: skip


def secrets_of(inv: Inventory) -> Iterator[tuple[Loc, Secret]]:
    """Every secret reference of the inventory with its key path."""
    for section in SECRET_SECTIONS:
        yield from _secrets_in(section, inv)
    for name, command in inv.commands.items():
        for key, value in command.env.items():
            if not value.is_literal:  # what stands there as text is a setting
                yield ("commands", name, "env", key), value


def public_names(inv: Inventory) -> Iterator[str]:
    """What stands in every report: names of hosts, people, links and the lab."""
    yield from (inv.name, inv.release, inv.admin.user, *inv.links, *inv.commands)
    for _, host in inv.hosts():
        yield from (host.host, host.address, *((host.ssh.user,) if host.ssh is not None else ()))
    for agent in inv.everybody():
        yield from (agent.id, agent.login, agent.extension, agent.team)


def _secrets_in(section: str, inv: Inventory) -> Iterator[tuple[Loc, Secret]]:
    if section == "admin":
        yield ("admin", "password"), inv.admin.password
    elif section == "agents":
        yield from ((("agents", index, "password"), agent.password) for index, agent in enumerate(inv.agents))
    elif section == "phones":
        if inv.phones is not None:
            yield ("phones", "account", "password"), inv.phones.account.password
    elif section == "sso":
        people = inv.sso.agents if inv.sso is not None else ()
        yield from ((("sso", "agents", index, "password"), agent.password) for index, agent in enumerate(people))
    else:
        if section == "awdb" and inv.awdb is not None and inv.awdb.account is not None:
            yield ("awdb", "account", "password"), inv.awdb.account.password
        for path, host in inv.hosts_in(section):
            for key in ("password", "key_passphrase"):
                if host.ssh is not None and (secret := getattr(host.ssh, key)) is not None:
                    yield (*path, "ssh", key), secret


def _same(one: Host, other: Host) -> str | None:
    """The key that shows two hosts to be one machine; None if nothing does.

    Some machines have one loopback address only: there a mock's hosts share it, and only names tell them apart.
    """
    if one.host.casefold() == other.host.casefold():
        return "host"
    places = {place for place in (_place(one.host), _place(one.address)) if place is not None}
    for key, text in (("address", other.address), ("host", other.host)):
        place = _place(text)
        if place in places and not _is_here(str(place)):
            return key
    keys = [host.ssh.host_key if host.ssh is not None else None for host in (one, other)]
    # Windows machines that were cloned share their key; an appliance makes its own when it is installed.
    if keys[0] is not None and keys[0] == keys[1] and "vos" in (one.console_kind, other.console_kind):
        return "ssh"
    return None


def _place(text: str | None) -> str | None:
    """A literal address in its one spelling; None for a name, which could only be asked for over the network."""
    address = ip_of(text) if text else None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return None if address is None else str(address)


def _is_here(host: str) -> bool:
    address = ip_of(host.strip("[]"))
    return host == "localhost" or (address is not None and address.is_loopback)


def _listeners(inv: Inventory) -> Iterator[tuple[Loc, str]]:
    def places(name: str, link: Link) -> Iterator[tuple[Loc, str]]:
        if link.listen is not None:
            yield ("links", name, "listen"), link.listen
        if link.relay is not None:
            yield ("links", name, "relay"), link.relay

    for name, link in inv.links.items():
        yield from places(name, link)
