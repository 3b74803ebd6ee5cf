"""What administrators configure for desktops: objects, which teams have them, layouts. On the primary node only.

Source: Finesse developer guide, Configuration APIs (ReasonCode, WrapUpReason, PhoneBook, Contact, Workflow,
WorkflowAction, MediaPropertiesLayout, LayoutConfig, Team, ECCVariableConfig, ChatConfig).
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from aiohttp import web

from chaos.mock.finesse.answers import parsed, tree
from chaos.mock.finesse.failures import ApiFailure, missing, no_team
from chaos.mock.finesse.resources import catalogue as c
from chaos.mock.finesse.resources import shown
from chaos.mock.finesse.resources.catalogue import Catalogue, Kind, Shelf
from chaos.mock.finesse.resources.desk import category_of, contact_of, rooted
from chaos.mock.finesse.resources.examples import ECC_VARIABLES
from chaos.mock.finesse.resources.route import Answer, Asked, Route, Who
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.xml import BadDocument, local_name, parse_xml, serialise

LAYOUT_BYTES = 100_000


class Configuring:
    """These resources of one node."""

    def __init__(self, webapp: Webapp, catalogue: Catalogue) -> None:
        self._webapp, self._catalogue = webapp, catalogue

    def routes(self) -> Iterator[Route]:
        """All of them."""
        for kind in c.KINDS:
            yield from self._routes_of(kind)
        yield from self._contact_routes()
        for kind in c.ASSIGNABLE:
            path = f"Team/{{team}}/{kind.plural}"
            yield Route("GET", path, Who.PRIMARY, self._show_assigned(kind))
            yield Route("PUT", path, Who.PRIMARY, self._assign(kind))
        yield Route("GET", "LayoutConfig/default", Who.PRIMARY, self._show_layout)
        yield Route("PUT", "LayoutConfig/default", Who.PRIMARY, self._set_layout)
        yield Route("GET", "Team/{team}/LayoutConfig", Who.PRIMARY, self._show_team_layout)
        yield Route("PUT", "Team/{team}/LayoutConfig", Who.PRIMARY, self._set_team_layout)
        yield Route("GET", "ECCVariableConfig", Who.USER, self._ecc_variables)
        yield Route("GET", "MediaDomain", Who.USER, self._media_domains)

    # Objects of a kind

    def _routes_of(self, kind: Kind) -> Iterator[Route]:
        shelf = self._catalogue.shelf(kind)

        async def all_of(asked: Asked) -> web.StreamResponse:
            return tree(shown.all_configured(kind, shelf.items))

        async def add(asked: Asked) -> web.StreamResponse:
            return await self._add(asked, shelf, f"{shown.API}/{kind.name}")

        async def one(asked: Asked) -> web.StreamResponse:
            number = asked.params["number"]
            item = shelf.get(number)
            return tree(shown.configured(kind, int(number), item))

        if kind is c.REASON_CODE:  # these two have a document of their own, and agents may read one
            yield Route("GET", "ReasonCodes", Who.ADMINISTRATOR, self._reasons)
            yield Route("GET", "ReasonCode/{number}", Who.USER, self._reason)
        else:
            yield Route("GET", kind.plural, Who.PRIMARY, all_of)
            yield Route("GET", f"{kind.name}/{{number}}", Who.PRIMARY, one)
        yield Route("POST", kind.name, Who.PRIMARY, add)
        yield Route("PUT", f"{kind.name}/{{number}}", Who.PRIMARY, self._change(shelf))
        yield Route("DELETE", f"{kind.name}/{{number}}", Who.PRIMARY, self._remove(shelf))

    async def _reasons(self, asked: Asked) -> web.StreamResponse:
        category = category_of(asked)
        found = [record for record in self._catalogue.reasons if category in (None, "ALL", record.category)]
        return tree(
            shown.listed("ReasonCodes", map(shown.reason, found), **({"category": category} if category else {}))
        )

    async def _reason(self, asked: Asked) -> web.StreamResponse:
        for record in self._catalogue.reasons:
            if str(record.reason_id) == asked.params["number"]:
                return tree(shown.reason(record))
        raise ApiFailure(404, "Not Found", "REASON_CODE_NOT_FOUND", asked.params["number"])

    async def _add(self, asked: Asked, shelf: Shelf, below: str) -> web.StreamResponse:
        given = await parsed(asked.request, lambda data: rooted(data, shelf.kind.name))
        number = shelf.add(given)
        self._catalogue.changed()
        place = f"{asked.request.scheme}://{asked.request.host}{below}/{number}"
        return web.Response(headers={"Location": place})

    def _change(self, shelf: Shelf) -> Answer:
        async def change(asked: Asked) -> web.StreamResponse:
            shelf.get(asked.params["number"])
            given = await parsed(asked.request, lambda data: rooted(data, shelf.kind.name))
            shelf.change(asked.params["number"], given)
            self._catalogue.changed()
            return web.Response()

        return change

    def _remove(self, shelf: Shelf) -> Answer:
        async def remove(asked: Asked) -> web.StreamResponse:
            shelf.remove(asked.params["number"])
            self._catalogue.changed()
            return web.Response()

        return remove

    # Contacts

    def _contact_routes(self) -> Iterator[Route]:
        def shelf(asked: Asked) -> Shelf:
            return self._catalogue.contacts_of(asked.params["book"])

        async def all_of(asked: Asked) -> web.StreamResponse:
            book = int(asked.params["book"]) if shelf(asked) else 0
            return tree(shown.listed("Contacts", (contact_of(book, n, one) for n, one in shelf(asked).items.items())))

        async def one(asked: Asked) -> web.StreamResponse:
            item = shelf(asked).get(asked.params["number"])
            return tree(contact_of(int(asked.params["book"]), int(asked.params["number"]), item))

        async def add(asked: Asked) -> web.StreamResponse:
            return await self._add(asked, shelf(asked), f"{shown.API}/PhoneBook/{asked.params['book']}/Contact")

        async def change(asked: Asked) -> web.StreamResponse:
            return await self._change(shelf(asked))(asked)

        async def remove(asked: Asked) -> web.StreamResponse:
            return await self._remove(shelf(asked))(asked)

        yield Route("GET", "PhoneBook/{book}/Contacts", Who.PRIMARY, all_of)
        yield Route("POST", "PhoneBook/{book}/Contact", Who.PRIMARY, add)
        yield Route("GET", "PhoneBook/{book}/Contact/{number}", Who.PRIMARY, one)
        yield Route("PUT", "PhoneBook/{book}/Contact/{number}", Who.PRIMARY, change)
        yield Route("DELETE", "PhoneBook/{book}/Contact/{number}", Who.PRIMARY, remove)

    # Teams

    def _team(self, asked: Asked) -> str:
        team = asked.params["team"]
        if team not in self._webapp.teams():
            raise no_team(team)
        return team

    def _show_assigned(self, kind: Kind) -> Answer:
        async def show(asked: Asked) -> web.StreamResponse:
            numbers = self._catalogue.assigned(self._team(asked), kind)
            if kind is not c.REASON_CODE:
                return tree(shown.references(kind, self._catalogue.shelf(kind).items, numbers))
            among = self._in_category(asked)
            found = [one for one in self._catalogue.reasons if one.reason_id in numbers and one.reason_id in among]
            return tree(shown.listed("ReasonCodes", map(shown.reason, found)))

        return show

    def _assign(self, kind: Kind) -> Answer:
        async def assign(asked: Asked) -> web.StreamResponse:
            team = self._team(asked)
            root = await parsed(asked.request, lambda data: rooted(data, kind.plural))
            numbers = [self._referred(kind, child) for child in root if local_name(child).lower() == kind.name.lower()]
            among = self._in_category(asked) if kind is c.REASON_CODE else None
            self._catalogue.assign(team, kind, numbers, instead_of=among)
            return web.Response()

        return assign

    def _in_category(self, asked: Asked) -> frozenset[int]:
        category = category_of(asked)
        found = (one for one in self._catalogue.reasons if category in (None, "ALL", one.category))
        return frozenset(one.reason_id for one in found)

    def _referred(self, kind: Kind, child: Element) -> int:
        """The object that a list names by its address. Raises ApiFailure."""
        uri = next((one.text or "" for one in child if local_name(one).lower() == "uri"), "").strip()
        if not uri:
            raise missing("uri")
        head, _, number = uri.rstrip("/").rpartition("/")
        if head != f"{shown.API}/{kind.name}":
            raise ApiFailure(400, "Invalid Input", f"Invalid 'uri' specified for a {kind.name}", uri)
        self._catalogue.shelf(kind).get(number)
        return int(number)

    # The desktop's layout

    async def _show_layout(self, asked: Asked) -> web.StreamResponse:
        return tree(_layout("LayoutConfig", "LayoutConfig/default", self._catalogue.layout_xml))

    async def _set_layout(self, asked: Asked) -> web.StreamResponse:
        root = await parsed(asked.request, lambda data: rooted(data, "LayoutConfig"))
        text = _layout_xml(root)
        if text is None:
            raise missing("layoutxml")
        self._catalogue.layout_xml = text
        return web.Response()

    async def _show_team_layout(self, asked: Asked) -> web.StreamResponse:
        team = self._team(asked)
        own = self._catalogue.team_layouts.get(team)
        text = self._catalogue.layout_xml if own is None else own
        root = _layout("TeamLayoutConfig", f"Team/{team}/LayoutConfig", text)
        root.append(shown.filled("useDefault"))
        root[-1].text = "true" if own is None else "false"
        return tree(root)

    async def _set_team_layout(self, asked: Asked) -> web.StreamResponse:
        """With useDefault, the layout that is given beside it is of no account."""
        team = self._team(asked)
        root = await parsed(asked.request, lambda data: rooted(data, "TeamLayoutConfig", "LayoutConfig"))
        default = next((one.text or "" for one in root if local_name(one).lower() == "usedefault"), "").strip()
        if default not in ("", *c.TRUTHS):
            raise ApiFailure(400, "Invalid Input", "Invalid 'useDefault' specified", "useDefault")
        text = _layout_xml(root)
        if default == "true":
            self._catalogue.team_layouts.pop(team, None)
        elif text is None:
            raise missing("layoutxml")
        else:
            self._catalogue.team_layouts[team] = text
        return web.Response()

    # What comes from Unified CCE

    async def _ecc_variables(self, asked: Asked) -> web.StreamResponse:
        root = shown.filled("ECCVariableConfig", ("uri", f"{shown.API}/ECCVariableConfig"))
        items = (shown.filled("ECCVariable", ("name", name), ("length", length)) for name, length in ECC_VARIABLES)
        root.append(shown.listed("ECCVariables", items))
        return tree(root)

    async def _media_domains(self, asked: Asked) -> web.StreamResponse:
        domain = shown.filled(
            "MediaDomain",
            ("uri", f"{shown.API}/MediaDomain/1"),
            ("id", 1),
            ("name", "Cisco_Voice"),
            ("description", "Voice"),
            ("interruptible", "false"),
        )
        return tree(shown.listed("MediaDomains", [domain]))


def _layout(name: str, path: str, text: str) -> Element:
    return shown.filled(name, ("uri", f"{shown.API}/{path}"), ("layoutxml", text))


def _layout_xml(root: Element) -> str | None:
    """The layout that a request brings, as text or as elements; None if it brings none. Raises ApiFailure."""
    given = next((one for one in root if local_name(one).lower() == "layoutxml"), None)
    if given is None:
        return None
    text = "".join(serialise(child) for child in given) if len(given) else (given.text or "").strip()
    try:
        layout = parse_xml(text, max_bytes=LAYOUT_BYTES)
    except BadDocument:
        raise ApiFailure(400, "Invalid Input", "The layoutxml is not well-formed XML", "layoutxml") from None
    if local_name(layout) != "finesseLayout":
        raise ApiFailure(400, "Invalid Input", "The layoutxml is no finesseLayout", "layoutxml")
    return text
