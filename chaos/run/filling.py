"""Where everything of a mock listens, as the keys of the inventory that left it open."""

from collections.abc import Mapping
from pathlib import Path

from chaos.inventory import Inventory
from chaos.mock.blueprint import At, Blueprint
from chaos.mock.consoles.control import ServerKey


def filled(
    inventory: Inventory, blueprint: Blueprint, host_keys: Mapping[str, ServerKey], ca: Path
) -> dict[str, object]:
    """What the inventory leaves open, by the dotted names of its keys. ca: of the mock's certificates."""
    values: dict[str, object] = {"tls.ca": ca}
    if blueprint.browsers is not None:
        by_socket = blueprint.browsers_by_socket
        more = {} if by_socket is None else {"websocket": f"http://{by_socket}"}
        values["browsers"] = {"devtools": f"http://{blueprint.browsers}", **more}
    if inventory.phones is None and blueprint.phones:
        user, password = blueprint.phone_account
        values["phones"] = {
            "account": {"user": user, "password": password},
            "devices": [
                {"device": one.device, "extension": str(int(one.device.removeprefix("SEP"))), "listen": str(one.web)}
                for one in blueprint.phones
            ],
            "inactivity_s": blueprint.lawful.phone_inactivity_s,
        }
    nodes = zip(("publisher", "subscriber"), inventory.finesse_nodes(), blueprint.nodes, strict=False)
    for key, node, plan in nodes:
        values[f"{key}.address"] = plan.https.address
        values[f"{key}.https_port"] = plan.https.port
        values[f"{key}.xmpp_port"] = plan.xmpp.port
        values[f"{key}.web_port"] = plan.https.port if node.web_port == node.https_port else plan.web.port
        values[f"{key}.ssh"] = _console(blueprint, host_keys, plan.host, plan.ssh)
    for side, at, pg in zip("ab", (blueprint.cti_a, blueprint.cti_b), blueprint.pg, strict=True):
        values[f"cti.{side}.address"] = at.address
        values[f"cti.{side}.port"] = at.port
        values[f"cti.{side}.ssh"] = _console(blueprint, host_keys, pg.host, pg.ssh) | {"instance": blueprint.instance}
    for key, aw in zip(("awdb.primary", "awdb.secondary"), blueprint.aw, strict=False):
        values[f"{key}.address"] = aw.database.address
        values[f"{key}.port"] = aw.database.port
        values[f"{key}.ssh"] = _console(blueprint, host_keys, aw.host, aw.ssh) | {"instance": blueprint.instance}
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


def _console(blueprint: Blueprint, host_keys: Mapping[str, ServerKey], host: str, at: At) -> dict[str, object]:
    user, password = blueprint.console
    return {"port": at.port, "user": user, "password": password, "host_key": host_keys[host].public}
