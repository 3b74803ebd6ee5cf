"""From the breaks that a deployment is to have to the objects that its parts ask, and what cannot be there at all."""

from collections.abc import Mapping
from functools import partial

from chaos.mock.blueprint import Blueprint
from chaos.mock.browsers.hooks import DesktopHooks
from chaos.mock.cti_server.hooks import SwitchDefects
from chaos.mock.defects import Axis, BadBreak, Break
from chaos.mock.finesse.fippa.hooks import PhoneHooks
from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.identity.hooks import IdentityHooks

PLACES = ("a", "b")


class Seeds:
    """The breaks of one deployment. nodes: what each node asks, by its host. switch: what both CTI servers ask.
    desktop: makes what one page in a browser asks. identity: what the Identity Service asks.
    phones: what each node's IP Phone Agent asks, by its host.

    Raises BadBreak: a break is about a node or an agent that this deployment does not have.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        names = _names(blueprint)
        places = dict(zip((plan.host for plan in blueprint.nodes), PLACES, strict=False))
        for one in blueprint.breaks:
            _check(one, names, tuple(places.values()))
        self.desktop = partial(DesktopHooks, blueprint.breaks, names=names, places=places)
        self.identity = IdentityHooks(blueprint.breaks, names=names, places=places)
        homes: dict[str, str] = {}
        fellows: list[PhoneHooks] = []
        self.phones = {
            host: PhoneHooks(blueprint.breaks, place=place, names=names, homes=homes, fellows=fellows)
            for host, place in places.items()
        }
        self.switch = SwitchDefects(blueprint.breaks, names=names, places=places)
        self.nodes = {
            host: NodeDefects(
                blueprint.breaks,
                place=place,
                names=names,
                administrators=(blueprint.admin[0],),
                ghosts=self.switch.ghosts,
            )
            for host, place in places.items()
        }
        for node in self.nodes.values():
            node.peers = tuple(other for other in self.nodes.values() if other is not node)


def _names(blueprint: Blueprint) -> Mapping[str, frozenset[str]]:
    """Every name of each agent, by each of them: id, login name, extension."""
    return {
        name: frozenset({person.id, person.login, person.extension})
        for person in blueprint.people
        for name in (person.id, person.login, person.extension)
    }


def _check(one: Break, names: Mapping[str, frozenset[str]], places: tuple[str, ...]) -> None:
    words = one.narrowing.words
    for place in words.get(Axis.NODE, frozenset()):
        if place not in places:
            raise BadBreak(
                f"{str(one)!r} can never show: the deployment has no node {place!r}, only {', '.join(places)}"
            )
    for agent in words.get(Axis.AGENT, frozenset()):
        if agent not in names:
            raise BadBreak(
                f"{str(one)!r} can never show: the deployment has no agent {agent!r}; give an id or login name"
            )
