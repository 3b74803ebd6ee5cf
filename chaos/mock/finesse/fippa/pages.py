"""The screens of the IP Phone Agent. Which screens, fields and soft keys there are is documented; words and paths are
ours, since neither is published.

base: the address of this phone's pages at this node, "https://fin-a:8445/fippa/SEP001122334455".
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from chaos.mock.finesse.config import ReasonRecord
from chaos.wire.finesse import Dialog, User, UserState
from chaos.wire.phone import Execute, ExecuteItem, Input, InputItem, Menu, MenuItem, SoftKey, Text

TITLE = "Cisco Finesse"
UNAVAILABLE = "The Cisco Finesse service is unavailable."
REASONS_MAX = 100
LEAVE = "Init:Services"
_FIELDS = (
    InputItem("ID", "id", "A"),
    InputItem("Password", "password", "AP"),
    InputItem("Extension", "extension", "T"),
)


def _keys(*named: tuple[str, str]) -> tuple[SoftKey, ...]:
    return tuple(SoftKey(name, url, place) for place, (name, url) in enumerate(named, 1))


def sign_in(base: str, known: Mapping[str, str], words: str = "") -> Input:
    """The fields that are not known yet; those that are come back with the form."""
    given = {name: value for name, value in known.items() if value}
    url = f"{base}/sign-in" + (f"?{urlencode(given)}" if given else "")
    asked = tuple(item for item in _FIELDS if item.parameter not in given)
    keys = _keys(("SignIn", "SoftKey:Submit"), ("Exit", f"{base}/exit"))
    return Input(TITLE, words or "Sign In", url, asked, keys)


def home(base: str, user: User, dialogs: Iterable[Dialog], words: str = "") -> Text:
    """Who is signed in, in which state, and the data of his call, if there is one."""
    lines = [f"{user.first_name or ''} {user.last_name or ''}".strip(), f"State: {user.state}"]
    for dialog in dialogs:
        lines.append(f"Call: {dialog.from_address} to {dialog.to_address}")
        if dialog.media_properties is not None:
            lines += [f"{one.name}: {one.value}" for one in dialog.media_properties.call_variables or () if one.value]
    keys = [("Ready", f"{base}/state?state=READY"), ("NotReady", f"{base}/reasons?category=NOT_READY")]
    if user.state == UserState.NOT_READY:
        keys.append(("SignOut", f"{base}/reasons?category=LOGOUT"))
    return Text(TITLE, words or str(user.state), "\n".join(lines), _keys(*keys))


def reasons(base: str, category: str, known: Iterable[ReasonRecord]) -> Menu:
    """The reason codes of that category; picking one asks for the state."""
    state = "NOT_READY" if category == "NOT_READY" else "LOGOUT"
    items = tuple(
        MenuItem(one.label, f"{base}/state?{urlencode({'state': state, 'reason': one.reason_id})}")
        for one in known
        if one.category == category
    )
    return Menu(TITLE, "Reason", items[:REASONS_MAX], _keys(("Select", "SoftKey:Select"), ("Back", f"{base}/screen")))


def unavailable(base: str) -> Text:
    """IPPA-01: the words, and both keys."""
    return Text(TITLE, "Error", UNAVAILABLE, _keys(("Retry", f"{base}/retry"), ("Exit", f"{base}/exit")))


def leave() -> Execute:
    """The phone goes back to its own menu of services."""
    return Execute((ExecuteItem(LEAVE),))


def go_to(url: str) -> Execute:
    """What is pushed: the phone fetches that page."""
    return Execute((ExecuteItem(url),))


def look_at(base: str) -> Execute:
    """What is pushed: the phone fetches its present screen."""
    return go_to(f"{base}/screen")
