"""What the administration console changes besides settings: reasons, phone books, workflows and layouts.

Everything is to be saved with its name in other letters, and a layout with one more comment: nobody works otherwise by
that, but it is seen to have been done. A reason that is to be made has a name of ours, by which it is found again.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from chaos.clients.rest import Answer, FinesseRest
from chaos.journal import OTHERWISE
from chaos.wire.finesse import UnknownPayload
from chaos.wire.xml import BadDocument, local_name, parse_xml, serialise

LAYOUT = "LayoutConfig/default"
# Objects by the plural of their kind, and what names them.
NAMED = {
    "ReasonCodes": "label",
    "WrapUpReasons": "label",
    "PhoneBooks": "name",
    "Workflows": "name",
    "MediaPropertiesLayouts": "name",
}
# Made for the case that a product makes what it refuses to; the last code but some that there can be.
OURS = "finesse-chaos"
_OUR_CODE = "64990"
_OUR_REASON = (
    f"<ReasonCode><category>NOT_READY</category><code>{_OUR_CODE}</code><label>{OURS}</label>"
    "<forAll>false</forAll></ReasonCode>"
).encode()
_END_OF_LAYOUT, _REMARK = "</finesseLayout>", f"<!-- {OURS} -->"


@dataclass(frozen=True, slots=True)
class _Read:
    """An object as it was read, and as it is to be saved otherwise. resource: without its number."""

    resource: str
    path: str
    as_read: bytes
    otherwise: bytes


class Console:
    """rest: the administrator's account at the publisher, where alone these can be changed."""

    def __init__(self, rest: FinesseRest) -> None:
        self._rest = rest
        self._read: dict[str, _Read] = {}

    async def read(self) -> None:
        """One object of each kind, by its number, and the layout."""
        for plural, name in NAMED.items():
            kind = plural.removesuffix("s")
            listed = _root((await self._rest.get(plural, plural)).document)
            number = _number_of_first(listed, kind) if listed is not None else None
            if number is not None:
                path = f"{kind}/{number}"
                self._keep(f"{kind}/{{id}}", path, await self._rest.get(f"{kind}/{{id}}", path), name)
        self._keep(LAYOUT, LAYOUT, await self._rest.get(LAYOUT, LAYOUT), "")

    def _keep(self, resource: str, path: str, answer: Answer, name: str) -> None:
        document = _root(answer.document)
        if document is None or answer.status != 200:
            return
        as_read = serialise(document).encode()
        changed = _in_other_letters(document, name) if name else _with_a_remark(document)
        if changed:
            self._read.setdefault(path, _Read(resource, path, as_read, serialise(document).encode()))

    async def change(self) -> None:
        """Save each otherwise than it was read first, and make a reason."""
        for one in self._read.values():
            await self._rest.send("PUT", one.resource, one.path, one.otherwise, wanted={OTHERWISE: one.path})
        await self._rest.send("POST", "ReasonCode", "ReasonCode", _OUR_REASON, wanted={OTHERWISE: "ReasonCode"})

    async def put_right(self) -> None:
        """Read all of it again; what is otherwise now is saved as it was read first, and a reason of ours goes."""
        for one in self._read.values():
            document = _root((await self._rest.get(one.resource, one.path)).document)
            if document is not None and serialise(document).encode() != one.as_read:
                await self._rest.send("PUT", one.resource, one.path, one.as_read)
        listed = _root((await self._rest.get("ReasonCodes", "ReasonCodes")).document)
        for reason in listed if listed is not None else ():
            number = _number(reason)
            if number and _text(reason, "label") == OURS:
                await self._rest.send("DELETE", "ReasonCode/{id}", f"ReasonCode/{number}", b"")


def _root(document: object) -> Element | None:
    try:
        return parse_xml(document.xml) if isinstance(document, UnknownPayload) else None
    except BadDocument:
        return None


def _number_of_first(listed: Element, kind: str) -> str | None:
    """Of those of that kind the first that is not the system's own, which may not be changed."""
    there = [one for one in listed if local_name(one) == kind and _text(one, "systemCode") != "true"]
    return next((number for one in there if (number := _number(one))), None)


def _number(one: Element) -> str:
    number = _text(one, "uri").rpartition("/")[2]
    return number if number.isdecimal() else ""


def _text(one: Element, name: str) -> str:
    return next((child.text or "" for child in one if local_name(child) == name), "")


def _in_other_letters(document: Element, name: str) -> bool:
    """Whether it has a name that has letters; it has others now."""
    for child in document:
        if local_name(child) == name and child.text and child.text.swapcase() != child.text:
            child.text = child.text.swapcase()
            return True
    return False


def _with_a_remark(document: Element) -> bool:
    """Whether it holds a layout that a comment can be put into; it is there now."""
    for child in document:
        if child.text and _END_OF_LAYOUT in child.text:
            child.text = child.text.replace(_END_OF_LAYOUT, _REMARK + _END_OF_LAYOUT)
            return True
    return False
