"""What an agent's or supervisor's desktop reads: his reasons, wrap-up reasons, layouts, phone books, workflows, media.

All of it comes twice: by user, as up to 12.0, and by team (TeamResource), as from 12.5 on.
Source: Finesse developer guide, User—Get …, TeamResource, ClientLog, Media.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from aiohttp import web

from chaos.mock.finesse.answers import parsed, tree
from chaos.mock.finesse.failures import ApiFailure, invalid
from chaos.mock.finesse.resources import catalogue as c
from chaos.mock.finesse.resources import shown
from chaos.mock.finesse.resources.catalogue import Catalogue, Kind
from chaos.mock.finesse.resources.route import Answer, Asked, Route, Who
from chaos.wire.xml import WrongRoot, local_name, parse_xml

CATEGORIES = (None, "NOT_READY", "LOGOUT", "ALL")
_RANGE = re.compile(r"\s*objects\s*=\s*(\d{1,6})\s*-\s*(\d{1,6})\s*")


class Desk:
    """These resources of one node."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def routes(self) -> Iterator[Route]:
        """All of them."""
        own: list[tuple[str, Answer]] = [
            ("User/{id}/ReasonCodes", self._own_reasons),
            ("User/{id}/ReasonCode/{number}", self._own_reason),
            ("User/{id}/WrapUpReasons", self._own_wrap_ups),
            ("User/{id}/WrapUpReason/{number}", self._own_wrap_up),
            ("User/{id}/MediaPropertiesLayout", self._own_default_layout),
            ("User/{id}/MediaPropertiesLayouts", self._own(c.LAYOUT)),
            ("User/{id}/PhoneBooks", self._own_phone_books),
            ("User/{id}/Workflows", self._own(c.WORKFLOW)),
            ("User/{id}/LayoutConfig", self._own_desktop_layout),
            ("User/{id}/Media", self._media),
        ]
        for path, answer in own:
            yield Route("GET", path, Who.OWN, answer)
        yield Route("GET", "User/{id}/Media/{mrd}", Who.OWN, self._one_medium)
        yield Route("POST", "User/{id}/ClientLog", Who.SELF, self._client_log)
        team: list[tuple[str, Answer]] = [
            ("TeamResource/{team}/ReasonCodes", self._team_reasons),
            ("TeamResource/{team}/WrapUpReasons", self._of_team(c.WRAP_UP_REASON)),
            ("TeamResource/{team}/MediaPropertiesLayouts", self._of_team(c.LAYOUT)),
            ("TeamResource/{team}/PhoneBooks", self._team_phone_books),
            ("TeamResource/{team}/WorkFlows", self._of_team(c.WORKFLOW)),
        ]
        for path, answer in team:
            yield Route("GET", path, Who.TEAM, answer)

    # Reasons

    async def _own_reasons(self, asked: Asked) -> web.StreamResponse:
        return tree(self._reasons(asked, asked.user.team_id))

    async def _team_reasons(self, asked: Asked) -> web.StreamResponse:
        return tree(self._reasons(asked, asked.params["team"]))

    def _reasons(self, asked: Asked, team: str) -> Element:
        category = category_of(asked)
        had = self._catalogue.of_team(team, c.REASON_CODE)
        found = [
            record
            for record in self._catalogue.reasons
            if record.reason_id in had and category in (None, "ALL", record.category)
        ]
        return shown.listed("ReasonCodes", map(shown.reason, found), **({"category": category} if category else {}))

    async def _own_reason(self, asked: Asked) -> web.StreamResponse:
        had = self._catalogue.of_team(asked.user.team_id, c.REASON_CODE)
        for record in self._catalogue.reasons:
            if str(record.reason_id) == asked.params["number"] and record.reason_id in had:
                return tree(shown.reason(record))
        raise ApiFailure(404, "Not Found", "REASON_CODE_NOT_FOUND", asked.params["number"])

    async def _own_wrap_ups(self, asked: Asked) -> web.StreamResponse:
        found = self._catalogue.of_team(asked.user.team_id, c.WRAP_UP_REASON)
        return tree(shown.all_configured(c.WRAP_UP_REASON, found, below=f"{shown.API}/User/{asked.user.login_id}"))

    async def _own_wrap_up(self, asked: Asked) -> web.StreamResponse:
        number = asked.params["number"]
        item = self._catalogue.shelf(c.WRAP_UP_REASON).get(number)
        if int(number) not in self._catalogue.of_team(asked.user.team_id, c.WRAP_UP_REASON):
            raise ApiFailure(404, "Not Found", "There is no such WrapUpReason", number)
        below = f"{shown.API}/User/{asked.user.login_id}"
        return tree(shown.configured(c.WRAP_UP_REASON, int(number), item, below=below))

    # Layouts, workflows

    def _own(self, kind: Kind) -> Answer:
        async def answer(asked: Asked) -> web.StreamResponse:
            return tree(shown.all_configured(kind, self._catalogue.of_team(asked.user.team_id, kind)))

        return answer

    def _of_team(self, kind: Kind) -> Answer:
        async def answer(asked: Asked) -> web.StreamResponse:
            return tree(shown.all_configured(kind, self._catalogue.of_team(asked.params["team"], kind)))

        return answer

    async def _own_default_layout(self, asked: Asked) -> web.StreamResponse:
        for number, item in self._catalogue.shelf(c.LAYOUT).items.items():
            if c.text_of(item, "type") == "DEFAULT":
                return tree(shown.configured(c.LAYOUT, number, item))
        raise ApiFailure(404, "Not Found", "There is no default layout", asked.params["id"])

    async def _own_desktop_layout(self, asked: Asked) -> web.StreamResponse:
        own = self._catalogue.team_layouts.get(asked.user.team_id)
        text = self._catalogue.layout_xml if own is None else own
        uri = f"{shown.API}/User/{asked.user.login_id}/LayoutConfig"
        return tree(shown.filled("LayoutConfig", ("uri", uri), ("layoutxml", text)))

    # Phone books

    async def _own_phone_books(self, asked: Asked) -> web.StreamResponse:
        return self._phone_books(asked, asked.user.team_id)

    async def _team_phone_books(self, asked: Asked) -> web.StreamResponse:
        return self._phone_books(asked, asked.params["team"])

    def _phone_books(self, asked: Asked, team: str) -> web.StreamResponse:
        """Books with their contacts, global ones first; 206 where a range leaves some out."""
        first, last = contact_range(asked.request.headers.get("Range"))
        books = self._catalogue.of_team(team, c.PHONE_BOOK)
        root, number = Element("PhoneBooks"), 0
        for book in sorted(books, key=lambda one: (c.text_of(books[one], "type") != "GLOBAL", one)):
            item = shown.configured(c.PHONE_BOOK, book, books[book])
            item.remove(item[-1])  # the address of its contacts: here they stand within
            around = SubElement(item, "Contacts")
            for contact, details in self._catalogue.contacts_of(str(book)).items.items():
                number += 1
                if first <= number <= last:
                    around.append(contact_of(book, contact, details))
            root.append(item)
        response = tree(root)
        if number > last or (first > 1 and number):
            response.set_status(206)
            response.headers["Content-Range"] = f"objects {first}-{min(last, number)}/{number}"
        return response

    # Media: voice is the only domain, and is not among the media of an agent

    async def _media(self, asked: Asked) -> web.StreamResponse:
        return tree(Element("MediaList"))

    async def _one_medium(self, asked: Asked) -> web.StreamResponse:
        raise ApiFailure(404, "Not Found", "The agent is in no such Media Routing Domain", asked.params["mrd"])

    # Logs

    async def _client_log(self, asked: Asked) -> web.StreamResponse:
        root = await parsed(asked.request, lambda data: rooted(data, "ClientLog"))
        if not any(local_name(child) == "logData" for child in root):
            raise ApiFailure(400, "Parameter Missing", "LogData Parameter missing", "logData")
        return web.Response(status=202)


def rooted(data: bytes, *names: str) -> Element:
    """The root of a document, which must have one of these names. Raises BadDocument."""
    root = parse_xml(data)
    if local_name(root).lower() not in {name.lower() for name in names}:
        raise WrongRoot(f"a document <{local_name(root)[:80]}> where <{names[0]}> was expected")
    return root


def category_of(asked: Asked) -> str | None:
    """The category of reasons that is asked for. Raises ApiFailure."""
    category = asked.request.query.get("category")
    if category not in CATEGORIES:
        raise invalid("category")
    return category


def contact_range(header: str | None) -> tuple[int, int]:
    """First and last contact that is asked for. Raises ApiFailure 416. From 12.6(2) on no range means all."""
    if header is None:
        return 1, c.PHONE_BOOK_CONTACTS
    matched = _RANGE.fullmatch(header)
    first, last = (int(number) for number in matched.groups()) if matched else (0, 0)
    if not 1 <= first <= last <= c.PHONE_BOOK_CONTACTS:
        raise ApiFailure(416, "Range Not Satisfiable", f"Range must be 1-{c.PHONE_BOOK_CONTACTS} objects", header)
    return first, last


def contact_of(book: int, number: int, item: Element) -> Element:
    """A Contact: its address stands last."""
    root = Element("Contact")
    for name in ("firstName", "lastName", "phoneNumber", "description"):
        SubElement(root, name).text = c.text_of(item, name)
    SubElement(root, "uri").text = f"{shown.API}/PhoneBook/{book}/Contact/{number}"
    return root
