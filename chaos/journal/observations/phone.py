"""What is done at IP phones, and what they show and ask for."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation


class PhoneAct(StrEnum):
    """What was done at an IP phone, by whoever sits there."""

    OPEN = "open"  # a service was picked in the phone's menu
    PRESS = "press"  # a soft key; `detail` has which
    PICK = "pick"  # an item of a menu; `detail` has which
    SEND = "send"  # a form was filled in and sent
    SEND_WRONG = "send-wrong"  # the same with another password than his
    SEND_FOR_ANOTHER = "send-for-another"  # the same by another agent, at this phone; `detail` has whom
    LEAVE = "leave"  # the phone's own key for its services
    OFF_HOOK = "off-hook"
    ON_HOOK = "on-hook"
    CONTROL = "control"  # the phone was made to show something, only to be seen; `detail` has what


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneActed(Observation):
    """We did something at an IP phone; noted when it was done. begun_s: when we began it, and what came of it may stand
    before this. node: whose service it shows then, "" for none. ok: the phone has such a key, item or form, and what it
    led to was shown, not an error of the phone's own."""

    act: PhoneAct
    agent: str
    device: str
    node: str
    ok: bool
    begun_s: float
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRequested(Observation):
    """A request of an IP phone, noted when it has ended. node: whom it asked, "" if no node of this lab. path: without
    the device and the query. pushed: it was told to by an order or by the page before (`Refresh`), and not by a key.
    status: None if no answer came, then `failure` says why. request: its running number at this phone."""

    agent: str
    device: str
    node: str
    path: str
    sent_s: float
    pushed: bool
    request: int
    status: int | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePushed(Observation):
    """An IP phone was sent an order. hosts: of its URLs, as named there. let_in: who sent it may control the phone."""

    agent: str
    device: str
    hosts: tuple[str, ...]
    let_in: bool
    push: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneScreen(Observation):
    """An IP phone shows this from then on. page: its kind, "text", "menu", "input", "directory", "image"; "services"
    for the phone's own menu, "error" for an error of its own, whose words `text` has.

    node: whose page it is, "" if none's. keys: the soft keys by their names; fields: of a form, by their parameters;
    items: of a menu; hosts: that keys, items, form and refreshing lead to. unavailable: its words say that the server
    is unavailable, by the inventory's pattern. control: we made it show that. nth: of those that this phone has shown.
    """

    agent: str
    device: str
    node: str
    page: str
    nth: int
    title: str = ""
    prompt: str = ""
    text: str = ""
    keys: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    unavailable: bool = False
    control: bool = False
