"""What IP phones and their services say to each other: the objects of Cisco IP Phone Services, read and written.

    a page     Text, Menu, Input, Directory, Image: what a phone shows, with its soft keys
    an order   Execute: URLs and URIs that a phone is to go to, pushed to /CGI/Execute or got as a page
    an answer  Response, Failure: what a phone says to an order

Names are case-sensitive. What an object may consist of stands in `SCHEMA`; reading refuses everything else, as a phone
does, which then shows an error of its own. Source: Cisco Unified IP Phone Services Application Development Notes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

from chaos.wire.xml import BadDocument, MalformedXml, local_name, parse_xml, serialise

OBJECT_BYTES_MAX = 196_608
"""More is "Data too large!" on a phone's display."""
EXECUTE_ITEMS_MAX = 3
EXECUTE_URLS_MAX = 1
"""Of the items of one Execute, so many may be URLs if there are URIs besides; three URIs may stand alone."""
CONTENT_TYPE = "text/xml"
EXECUTE_PATH = "/CGI/Execute"
FORM_FIELD = "XML"
AUTHENTICATION_FAILED = 4
SUCCESS = 0

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_REFRESH = re.compile(r"\s*([0-9]{1,9})\s*(?:;\s*url\s*=\s*(\S+)\s*)?", re.IGNORECASE)


class BadPhoneObject(BadDocument):
    """It is no object that a phone can show: malformed, or not as the schema has it. A phone says XML Error[4]."""


class UnknownPhoneObject(BadDocument):
    """XML, and of no kind that a phone knows. A phone says XML Error[5]."""


@dataclass(frozen=True, slots=True)
class SoftKey:
    """name: as it is shown. url: what pressing it opens, an URL or an URI as `SoftKey:Submit`. position: from 1 on."""

    name: str
    url: str
    position: int
    url_down: str = ""


@dataclass(frozen=True, slots=True)
class MenuItem:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class InputItem:
    """One field. name: as it is shown. parameter: of the query that it is sent in. flags: A text, T telephone number, N
    numeric, E equation, U upper case, L lower case, P password besides."""

    name: str
    parameter: str
    flags: str = "A"
    default: str = ""

    @property
    def is_secret(self) -> bool:
        return "P" in self.flags


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    name: str
    telephone: str


@dataclass(frozen=True, slots=True)
class ExecuteItem:
    """priority: 0 at once, 1 when the phone is idle, 2 only if it is idle now; of URLs alone, URIs are done at once."""

    url: str
    priority: int = 0

    @property
    def is_uri(self) -> bool:
        return not self.url.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class ResponseItem:
    """What became of one item of an Execute: status 0 success, 1 parse error, 6 internal error."""

    url: str
    status: int
    data: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    title: str = ""
    prompt: str = ""
    text: str = ""
    keys: tuple[SoftKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    title: str = ""
    prompt: str = ""
    items: tuple[MenuItem, ...] = ()
    keys: tuple[SoftKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A form; it is sent by GET to `url`, see `submission`."""

    title: str = ""
    prompt: str = ""
    url: str = ""
    items: tuple[InputItem, ...] = ()
    keys: tuple[SoftKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    title: str = ""
    prompt: str = ""
    entries: tuple[DirectoryEntry, ...] = ()
    keys: tuple[SoftKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of `width` times `height` dots of `depth` bits, packed into hexadecimal `data`."""

    title: str = ""
    prompt: str = ""
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    depth: int = 1
    data: str = ""
    keys: tuple[SoftKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Execute:
    items: tuple[ExecuteItem, ...]


@dataclass(frozen=True, slots=True)
class Response:
    items: tuple[ResponseItem, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """1 the Execute could not be parsed, 2 the answer could not be framed, 3 an internal file error, 4 who pushed is
    not let in; 5 network and 6 time-out are seen besides."""

    number: int


Page = Text | Menu | Input | Directory | Image
PhoneObject = Page | Execute | Response | Failure


@dataclass(frozen=True, slots=True)
class Part:
    """Where a field of an object stands. attribute: it is an attribute of the object itself. of: it is a list of these.
    needed: it may not be left out."""

    name: str
    attribute: bool = False
    of: type | None = None
    needed: bool = False


_HEAD: Final = {"title": Part("Title"), "prompt": Part("Prompt")}
_KEYS: Final = {"keys": Part("SoftKeyItem", of=SoftKey)}
SCHEMA: Mapping[type, tuple[str, Mapping[str, Part]]] = MappingProxyType(
    {
        SoftKey: (
            "SoftKeyItem",
            {
                "name": Part("Name", needed=True),
                "url": Part("URL", needed=True),
                "position": Part("Position", needed=True),
                "url_down": Part("URLDown"),
            },
        ),
        MenuItem: ("MenuItem", {"name": Part("Name", needed=True), "url": Part("URL", needed=True)}),
        InputItem: (
            "InputItem",
            {
                "name": Part("DisplayName", needed=True),
                "parameter": Part("QueryStringParam", needed=True),
                "flags": Part("InputFlags", needed=True),
                "default": Part("DefaultValue"),
            },
        ),
        DirectoryEntry: (
            "DirectoryEntry",
            {"name": Part("Name", needed=True), "telephone": Part("Telephone", needed=True)},
        ),
        ExecuteItem: (
            "ExecuteItem",
            {"url": Part("URL", attribute=True, needed=True), "priority": Part("Priority", attribute=True)},
        ),
        ResponseItem: (
            "ResponseItem",
            {
                "url": Part("URL", attribute=True, needed=True),
                "status": Part("Status", attribute=True, needed=True),
                "data": Part("Data", attribute=True),
            },
        ),
        Text: ("CiscoIPPhoneText", {**_HEAD, "text": Part("Text", needed=True), **_KEYS}),
        Menu: ("CiscoIPPhoneMenu", {**_HEAD, "items": Part("MenuItem", of=MenuItem), **_KEYS}),
        Input: (
            "CiscoIPPhoneInput",
            {**_HEAD, "url": Part("URL", needed=True), "items": Part("InputItem", of=InputItem, needed=True), **_KEYS},
        ),
        Directory: (
            "CiscoIPPhoneDirectory",
            {**_HEAD, "entries": Part("DirectoryEntry", of=DirectoryEntry), **_KEYS},
        ),
        Image: (
            "CiscoIPPhoneImage",
            {
                **_HEAD,
                "x": Part("LocationX"),
                "y": Part("LocationY"),
                "width": Part("Width", needed=True),
                "height": Part("Height", needed=True),
                "depth": Part("Depth", needed=True),
                "data": Part("Data", needed=True),
                **_KEYS,
            },
        ),
        Execute: ("CiscoIPPhoneExecute", {"items": Part("ExecuteItem", of=ExecuteItem, needed=True)}),
        Response: ("CiscoIPPhoneResponse", {"items": Part("ResponseItem", of=ResponseItem, needed=True)}),
        Failure: ("CiscoIPPhoneError", {"number": Part("Number", attribute=True, needed=True)}),
    }
)
"""What each object consists of, in the order in which it is written."""

_OBJECTS: Mapping[str, type] = {
    SCHEMA[kind][0]: kind for kind in (Text, Menu, Input, Directory, Image, Execute, Response, Failure)
}


def read(data: bytes) -> PhoneObject:
    """One object. Raises BadPhoneObject, UnknownPhoneObject."""
    try:
        root = parse_xml(data, max_bytes=OBJECT_BYTES_MAX)
    except MalformedXml as bad:
        raise BadPhoneObject(str(bad)) from bad
    kind = _OBJECTS.get(local_name(root))
    if kind is None:
        raise UnknownPhoneObject(f"<{local_name(root)}> is no object of IP phones")
    made: PhoneObject = _read(kind, root)
    if isinstance(made, Execute):
        _check_execute(made)
    return made


def write(made: PhoneObject) -> bytes:
    """As UTF-8, which it declares. Raises ValueError: an Execute asks for too much."""
    if isinstance(made, Execute):
        try:
            _check_execute(made)
        except BadPhoneObject as bad:
            raise ValueError(str(bad)) from bad
    return (_DECLARATION + serialise(_written(made))).encode()


def submission(form: Input, typed: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Where a form is sent, and its query: every field by its parameter, as it was typed or as it stood there."""
    return form.url, {item.parameter: typed.get(item.parameter, item.default) for item in form.items}


def refresh(header: str) -> tuple[int, str | None]:
    """The header `Refresh: <s>; url=…`: seconds, and where to, None for the same page. Raises BadPhoneObject."""
    matched = _REFRESH.fullmatch(header)
    if matched is None:
        raise BadPhoneObject(f"Refresh: {header[:80]!r} is no number of seconds with an optional url")
    return int(matched.group(1)), matched.group(2)


def _check_execute(made: Execute) -> None:
    urls = sum(not item.is_uri for item in made.items)
    if not 0 < len(made.items) <= EXECUTE_ITEMS_MAX:
        raise BadPhoneObject(f"an Execute has 1 to {EXECUTE_ITEMS_MAX} items, this one has {len(made.items)}")
    if urls > EXECUTE_URLS_MAX:
        raise BadPhoneObject(f"an Execute has at most {EXECUTE_URLS_MAX} URL, this one has {urls}")


def _read(kind: type, element: Element) -> Any:
    name, parts = SCHEMA[kind]
    whole = {part.name: field for field, part in parts.items() if not part.attribute}
    values: dict[str, Any] = {}
    for child in element:
        field = whole.get(local_name(child))
        if field is None:
            raise BadPhoneObject(f"<{local_name(child)}> has no place in <{name}>")
        of = parts[field].of
        if of is not None:
            values[field] = (*values.get(field, ()), _read(of, child))
        elif field in values:
            raise BadPhoneObject(f"<{local_name(child)}> stands twice in <{name}>")
        else:
            values[field] = _value(kind, field, (child.text or "").strip(), name)
    for field, part in parts.items():
        if part.attribute and part.name in element.attrib:
            values[field] = _value(kind, field, element.attrib[part.name], name)
        if part.needed and field not in values:
            raise BadPhoneObject(f"<{name}> has no {part.name}")
    return kind(**values)


def _value(kind: type, field: str, text: str, name: str) -> Any:
    if _is_number(kind, field):
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise BadPhoneObject(f"{field} of <{name}> is a number, not {text[:40]!r}")
        return int(text)
    return text


def _is_number(kind: type, field: str) -> bool:
    return next(one.type for one in fields(kind) if one.name == field) is int


def _written(made: Any, parent: Element | None = None) -> Element:
    name, parts = SCHEMA[type(made)]
    element = Element(name) if parent is None else SubElement(parent, name)
    for field, part in parts.items():
        value = getattr(made, field)
        if part.of is not None:
            for one in value:
                _written(one, element)
        elif part.attribute:
            element.set(part.name, str(value))
        elif part.needed or value != "":
            SubElement(element, part.name).text = str(value)
    return element
