"""What administrators configure besides systems: reasons, phone books, layouts, workflows, and which teams have them.

Objects are kept as the XML that was given, checked and with its children in the documented order. Pure, no I/O.
Source: Finesse developer guide, Configuration APIs, parameters and limits of each object.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from chaos.mock.finesse.config import DEFAULT_REASONS, ReasonRecord
from chaos.mock.finesse.failures import ApiFailure
from chaos.wire.digits import whole_number
from chaos.wire.xml import local_name

TRUTHS = ("true", "false")
PHONE_BOOK_CONTACTS = 6000


@dataclass(frozen=True, slots=True)
class Field:
    """One child of an object. most: characters. numbers: least and greatest. nested: of elements, kept as given."""

    name: str
    required: bool = False
    most: int = 2000
    choices: tuple[str, ...] = ()
    numbers: tuple[int, int] | None = None
    nested: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object. unique: fields of which no two objects may have the same values. most: so many may there be."""

    name: str
    plural: str
    fields: tuple[Field, ...]
    unique: tuple[str, ...]
    most: int


REASON_CODE = Kind(
    "ReasonCode",
    "ReasonCodes",
    (
        Field("category", required=True, choices=("NOT_READY", "LOGOUT")),
        Field("code", required=True, numbers=(1, 65535)),
        Field("label", required=True, most=40),
        Field("forAll", required=True, choices=TRUTHS),
    ),
    ("category", "code"),
    400,
)
WRAP_UP_REASON = Kind(
    "WrapUpReason",
    "WrapUpReasons",
    (Field("label", required=True, most=39), Field("forAll", required=True, choices=TRUTHS)),
    ("label",),
    1600,
)
PHONE_BOOK = Kind(
    "PhoneBook",
    "PhoneBooks",
    (Field("name", required=True, most=64), Field("type", required=True, choices=("GLOBAL", "TEAM"))),
    ("name",),
    310,
)
CONTACT = Kind(
    "Contact",
    "Contacts",
    (
        Field("firstName", most=128),
        Field("lastName", most=128),
        Field("phoneNumber", required=True, most=32),
        Field("description", most=128),
    ),
    (),
    PHONE_BOOK_CONTACTS,
)
LAYOUT = Kind(
    "MediaPropertiesLayout",
    "MediaPropertiesLayouts",
    (
        Field("name", required=True, most=40),
        Field("description", most=128),
        Field("type", choices=("DEFAULT", "CUSTOM")),
        Field("header", nested=True),
        Field("column", nested=True),
    ),
    ("name",),
    200,
)
WORKFLOW = Kind(
    "Workflow",
    "Workflows",
    (
        Field("name", required=True, most=40),
        Field("description", most=128),
        Field("media", nested=True),
        Field("TriggerSet", required=True, nested=True),
        Field("ConditionSet", nested=True),
        Field("workflowActions", nested=True),
    ),
    ("name",),
    100,
)
WORKFLOW_ACTION = Kind(
    "WorkflowAction",
    "WorkflowActions",
    (
        Field("name", required=True, most=64),
        Field("type", required=True, choices=("BROWSER_POP", "HTTP_REQUEST")),
        Field("handledBy", required=True, choices=("FINESSE_DESKTOP", "OTHER")),
        Field("params", nested=True),
        Field("actionVariables", nested=True),
    ),
    ("name",),
    100,
)

KINDS = (REASON_CODE, WRAP_UP_REASON, PHONE_BOOK, LAYOUT, WORKFLOW, WORKFLOW_ACTION)
ASSIGNABLE = (REASON_CODE, WRAP_UP_REASON, PHONE_BOOK, WORKFLOW)
"""What a team can be given."""


@dataclass
class Shelf:
    """The objects of one kind, by id. Those of a phone book's contacts are a shelf of their own."""

    kind: Kind
    items: dict[int, Element] = field(default_factory=dict)
    next_id: int = 1

    def put(self, number: int, item: Element) -> None:
        """Keep a checked object there."""
        self.items[number] = item
        self.next_id = max(self.next_id, number + 1)

    def add(self, given: Element) -> int:
        """Check and keep; its id. Raises ApiFailure."""
        if len(self.items) >= self.kind.most:
            raise ApiFailure(400, "Maximum Exceeded", f"There are {self.kind.most} already", self.kind.name)
        item = checked(self.kind, given, None)
        self._alone(item, None)
        number = self.next_id
        self.put(number, item)
        return number

    def change(self, number: str, given: Element) -> None:
        """Raises ApiFailure; then nothing was changed."""
        item = checked(self.kind, given, self.get(number))
        self._alone(item, int(number))
        self.items[int(number)] = item

    def remove(self, number: str) -> None:
        """Raises ApiFailure."""
        self.get(number)
        del self.items[int(number)]

    def get(self, number: str) -> Element:
        """Raises ApiFailure 404."""
        wanted = whole_number(number)
        found = self.items.get(wanted) if wanted is not None else None
        if found is None:
            raise ApiFailure(404, "Not Found", f"There is no such {self.kind.name}", number)
        return found

    def _alone(self, item: Element, but: int | None) -> None:
        if not self.kind.unique:
            return
        key = [text_of(item, name).lower() for name in self.kind.unique]
        for number, other in self.items.items():
            if number != but and [text_of(other, name).lower() for name in self.kind.unique] == key:
                what = f"{self.kind.name} {' and '.join(self.kind.unique)}"
                raise ApiFailure(
                    400,
                    "Database constraint violation",
                    f"HTTP Status code: 400 (Bad Request)\nApi Error Type: Database constraint violation\n"
                    f"Error Message: A {self.kind.name} with the same {self.kind.unique[-1]} already exists",
                    f"Duplicate {what}.",
                )


def checked(kind: Kind, given: Element, old: Element | None) -> Element:
    """The object that is kept: the old one's children, overlaid by the given ones. Raises ApiFailure 400.

    Of two children of one name the last counts, except where several are lawful (the columns of a layout); unknown ones
    are passed over. Source: developer guide, ReasonCode—Update.
    """
    told: dict[str, list[Element]] = {}
    for child in given:
        told.setdefault(local_name(child).lower(), []).append(child)
    if old is not None and not any(one.name.lower() in told for one in kind.fields):
        raise ApiFailure(
            400, "Invalid Input", "At least one field must be given", "For update, at least one field must be set."
        )
    item = Element(kind.name)
    for one in kind.fields:
        news = told.get(one.name.lower())
        if news is None:
            item.extend(deepcopy(child) for child in old or () if child.tag == one.name)
            continue
        for child in news if one.nested else news[-1:]:
            item.append(_kept(one, child))
    for one in kind.fields:
        if one.required and item.find(one.name) is None:
            raise ApiFailure(400, "Bad Request", f"The parameter {one.name} is missing", one.name)
    return item


def _kept(one: Field, given: Element) -> Element:
    if one.nested:
        kept = _plain(given)
        kept.tag = one.name
        return kept
    text = (given.text or "").strip()
    wrong = (
        (one.required and not text)
        or len(text) > one.most
        or (one.choices and text not in one.choices)
        or (one.numbers is not None and not _within(text, one.numbers))
    )
    if wrong:
        raise ApiFailure(400, "Bad Request", f"The parameter {one.name} is invalid", one.name)
    kept = Element(one.name)
    kept.text = text
    return kept


def _within(text: str, numbers: tuple[int, int]) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and numbers[0] <= int(text) <= numbers[1]


def _plain(given: Element) -> Element:
    """A copy without namespaces, blanks between elements and attributes."""
    copy = Element(local_name(given))
    if len(given):
        copy.extend(_plain(child) for child in given)
    else:
        copy.text = (given.text or "").strip()
    return copy


def text_of(item: Element, name: str) -> str:
    """The text of that child, "" if there is none."""
    return item.findtext(name) or ""


class Catalogue:
    """All that is configured so. shelves: by kind's name. contacts: by phone book.

    reasons: the reason codes as requests and documents need them, always up to date.
    """

    def __init__(self, reasons: Iterable[ReasonRecord] = DEFAULT_REASONS) -> None:
        self.shelves = {kind.name: Shelf(kind) for kind in KINDS}
        self.contacts: dict[int, Shelf] = {}
        self.reasons: list[ReasonRecord] = []
        self.layout_xml = ""
        self.team_layouts: dict[str, str] = {}
        self._assigned: dict[tuple[str, str], tuple[int, ...]] = {}
        for record in reasons:
            self.shelves["ReasonCode"].put(record.reason_id, _reason_element(record))
        self.changed()

    def shelf(self, kind: Kind) -> Shelf:
        """The objects of a kind."""
        return self.shelves[kind.name]

    def contacts_of(self, book: str) -> Shelf:
        """The contacts of a phone book. Raises ApiFailure 404."""
        self.shelf(PHONE_BOOK).get(book)
        return self.contacts.setdefault(int(book), Shelf(CONTACT))

    def changed(self) -> None:
        """Something was added, changed or removed."""
        for number in self.contacts.keys() - self.shelf(PHONE_BOOK).items.keys():
            del self.contacts[number]
        # In place: everybody who knows reasons holds this list.
        self.reasons[:] = [
            ReasonRecord(
                number,
                int(text_of(item, "code")),
                text_of(item, "label"),
                text_of(item, "category"),
                for_all=_all(item),
            )
            for number, item in self.shelf(REASON_CODE).items.items()
        ]

    # Teams

    def assigned(self, team: str, kind: Kind) -> tuple[int, ...]:
        """What this team was given, beyond what all have."""
        shelf = self.shelf(kind)
        return tuple(number for number in self._assigned.get((team, kind.name), ()) if number in shelf.items)

    def assign(self, team: str, kind: Kind, numbers: Sequence[int], *, instead_of: Iterable[int] | None = None) -> None:
        """Give a team these. instead_of: they replace only those of its objects that are among these."""
        kept = () if instead_of is None else tuple(set(self.assigned(team, kind)) - set(instead_of))
        self._assigned[team, kind.name] = (*kept, *dict.fromkeys(numbers))

    def of_team(self, team: str, kind: Kind) -> Mapping[int, Element]:
        """What people of that team have: what is for all, and what their team was given."""
        given = set(self.assigned(team, kind)) if kind in ASSIGNABLE else set()
        items = self.shelf(kind).items
        return {number: item for number, item in items.items() if number in given or _all(item)}


def _all(item: Element) -> bool:
    for_all, book = item.findtext("forAll"), item.findtext("type") if item.tag == PHONE_BOOK.name else None
    if book is not None:
        return book == "GLOBAL"
    return for_all == "true" if for_all is not None else item.tag == LAYOUT.name


def _reason_element(record: ReasonRecord) -> Element:
    item = Element("ReasonCode")
    for name, value in (
        ("category", record.category),
        ("code", str(record.code)),
        ("label", record.label),
        ("forAll", "true" if record.for_all else "false"),
    ):
        SubElement(item, name).text = value
    return item
