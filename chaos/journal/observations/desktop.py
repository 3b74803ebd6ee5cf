"""What is done at desktops, and what they show and ask for."""

from dataclasses import dataclass
from enum import StrEnum

from chaos.journal.observations.base import Observation


class Screen(StrEnum):
    """Where on a desktop a text was shown."""

    SIGN_IN = "sign-in"  # the sign-in page
    NOTICE = "notice"  # a notice to somebody who is signed in


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopShown(Observation):
    """What an agent's desktop showed after something was done there; asked_s: when that was done.

    text: its warning, None if it has none. ok: what was done went through, as far as the desktop shows it. came: a page
    came at all. opens: who was turned away by the sign-in page, and had never been let in, can go on to the desktop.
    """

    node: str
    agent: str
    screen: Screen
    asked_s: float
    ok: bool
    text: str | None = None
    came: bool = True
    opens: bool = False


class DesktopAct(StrEnum):
    """What was done at a desktop in a browser, by whoever sits there or to the browser itself."""

    OPEN = "open"
    SIGN_IN = "sign-in"  # typed, by hand
    CLOSE = "close"
    BACK = "back"
    REFRESH = "refresh"
    CRASH = "crash"
    SLOW = "slow"
    OFFLINE = "offline"
    ONLINE = "online"
    BLOCK = "block"  # some addresses only; `detail` has which
    ANSWER = "answer"  # the browser answers some addresses itself; `detail` has which
    CONTROL = "control"  # the page is made to show something, only to be seen; `detail` has what
    COOKIES = "cookies"  # the browser's are counted; `detail` has how many there are
    CLEAR = "clear-cookies"  # all of the browser's; `detail` has how many there were


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopActed(Observation):
    """We did something at an agent's desktop; noted when it was done. begun_s: when we began it, and what came of it
    may stand before this. node: where it was opened last by us. ok: the browser did it, and a sign-in went through, as
    far as its network log shows. window: of which of his desktops, where he has several, each in a browser of its own;
    the first is 1."""

    act: DesktopAct
    agent: str
    node: str
    ok: bool
    begun_s: float
    detail: str | None = None
    window: int = 1


class BoshPart(StrEnum):
    """What a request is in a BOSH session."""

    OPEN = "open"  # it asks for a session
    GO_ON = "go-on"  # one of a session that stands
    END = "end"  # it ends the session


RENDERS = " of "
"""In what `document` says of one that a container renders, between the container's path and the gadget's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopRequested(Observation):
    """A request of a desktop, from its browser's network log; times are the browser's, on the journal's clock.

    node: whom it asked, "" if no node of this lab. resource: as of RestExchange, "GET SystemInfo"; "BOSH" for its event
    stream, "page" for a page, "GET sso/token" for tokens, "POST logout" for a logout that is none of the API's. status:
    None if no answer came, then `failure` is the browser's name for why. wanted: the state that it asks for; extension:
    at which telephone, where it says so.
    system_status, user_state: what the answer says. part: of a BOSH session. told: what a BOSH answer brought:
    "session", "refused" (whoever signs in to it), "terminate", "finesse available", "finesse unavailable",
    "OUT_OF_SERVICE", "IN_SERVICE", "User".
    is_look: it was ours, only to see whether the way is open. request: its running number in the browser, as far as
    that numbers them. lasts_s: how long the refresh token is good from then on, as far as a token answer says so.
    document: that of the frame in which it was asked for, by its path; None: that is not known.
    window: as of DesktopActed.
    """

    agent: str
    node: str
    resource: str
    sent_s: float
    ended_s: float
    status: int | None = None
    failure: str | None = None
    wanted: str | None = None
    system_status: str | None = None
    user_state: str | None = None
    part: BoshPart | None = None
    told: tuple[str, ...] = ()
    is_look: bool = False
    request: int | None = None
    lasts_s: float | None = None
    extension: str | None = None
    document: str | None = None
    window: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopNotice(Observation):
    """A desktop's screen shows this notice from then on, or no notice any more (text ""). shown_s: the browser's time,
    on the journal's clock. control: we made it show that, and it says nothing of the product. nth: of those that this
    page has shown, controls too, as our observer in it counts them. window: as of DesktopActed."""

    agent: str
    text: str
    shown_s: float
    control: bool = False
    nth: int | None = None
    window: int = 1
