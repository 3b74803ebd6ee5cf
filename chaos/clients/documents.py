"""From Finesse's documents to what observations keep of them: once for answers and events."""

import hashlib
from collections.abc import Iterator

from chaos.journal import CallSeen
from chaos.wire import finesse
from chaos.wire.finesse import Document
from chaos.wire.xml import local_name, parse_xml

CHANGED, PENDING, REASON = "stateChangeTime", "pendingState", "reasonCode"
"""Of what a User document says besides its state, what changes with it."""

# What a list of users is called, and what stands in it.
_USERS, _USER = "users", "user"
_REASONS = "reasoncodes"


def calls_seen(dialogs: tuple[finesse.Dialog, ...]) -> tuple[CallSeen, ...]:
    """Dialogs as observations have them."""
    return tuple(
        CallSeen(
            call_id=dialog.id or "",
            state=str(dialog.state or ""),
            parties=tuple((one.media_address or "", str(one.state or "")) for one in dialog.participants or ()),
            variables=_call_data(dialog.media_properties),
            calling=dialog.from_address,
            called=dialog.to_address,
            actions=tuple(
                (one.media_address or "", " ".join(sorted(str(action) for action in one.actions)))
                for one in dialog.participants or ()
                if one.actions is not None
            ),
            more=(*_more(dialog), *_more_of_parties(dialog)),
        )
        for dialog in dialogs
    )


def _more(dialog: finesse.Dialog) -> tuple[tuple[str, str], ...]:
    properties = dialog.media_properties or finesse.MediaProperties()
    values = {
        "uri": dialog.uri,
        "mediaType": dialog.media_type,
        "mediaId": properties.media_id,
        "callType": properties.call_type,
        "DNIS": properties.dnis,
        "dialedNumber": properties.dialed_number,
    }
    return tuple((name, value) for name, value in values.items() if value)


def _more_of_parties(dialog: finesse.Dialog) -> Iterator[tuple[str, str]]:
    """What is said of each party besides its state, by its device: "startTime of 2001"."""
    for one in dialog.participants or ():
        values = {
            "mediaAddressType": one.media_address_type,
            "startTime": one.start_time,
            CHANGED: one.state_change_time,
        }
        yield from ((f"{name} of {one.media_address}", value) for name, value in values.items() if value)


def _call_data(properties: finesse.MediaProperties | None) -> tuple[tuple[str, str], ...]:
    """Call variables by name, and the wrap-up reason by the name of its element."""
    if properties is None:
        return ()
    told = tuple((one.name or "", one.value or "") for one in properties.call_variables or ())
    return told if properties.wrap_up_reason is None else (*told, ("wrapUpReason", properties.wrap_up_reason))


def more_of(user: finesse.User) -> tuple[tuple[str, str], ...]:
    """What a User document says besides its state: what stays as it is whatever its agent does – who that is, where it
    belongs, its settings –, and since when, why, and until what the state is."""
    settings = user.settings or finesse.UserSettings()
    reason = user.reason_code
    values = {
        "uri": user.uri,
        "roles": " ".join(sorted(user.roles or ())),
        "loginName": user.login_name,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "teamId": user.team_id,
        "teamName": user.team_name,
        "dialogs": user.dialogs_uri,
        "mediaType": user.media_type,
        "teams": " ".join(sorted(team.id or "" for team in user.teams or ())),
        "wrapUpTimer": "" if user.wrap_up_timer_s is None else str(user.wrap_up_timer_s),
        "wrapUpOnIncoming": settings.wrap_up_on_incoming,
        "wrapUpOnOutgoing": settings.wrap_up_on_outgoing,
        "deviceSelection": settings.device_selection,
        CHANGED: user.state_change_time,
        PENDING: str(user.pending_state or ""),
        REASON: "" if reason is None else f"{reason.code} {reason.category} {reason.label} {reason.uri or ''}".strip(),
    }
    return tuple((name, value) for name, value in values.items() if value)


def users_listed(document: finesse.UnknownPayload) -> tuple[tuple[str, str], ...]:
    """(id, state) of the users in a list of them; none of any other document."""
    if document.root.lower() != _USERS:
        return ()
    found = []
    for user in parse_xml(document.xml):
        texts = {local_name(part).lower(): (part.text or "").strip() for part in user}
        if local_name(user).lower() == _USER and texts.get("loginid"):
            found.append((texts["loginid"], texts.get("state", "")))
    return tuple(found)


def reasons_listed(document: object) -> tuple[tuple[int, int], ...]:
    """(id, code) of the reason codes in a list of them: the id is asked for, the code is told. None of others."""
    if not isinstance(document, finesse.UnknownPayload) or document.root.lower() != _REASONS:
        return ()
    found = []
    for reason in parse_xml(document.xml):
        texts = {local_name(part).lower(): (part.text or "").strip() for part in reason}
        number = texts.get("uri", "").rpartition("/")[2]
        if number.isdecimal() and texts.get("code", "").isdecimal():
            found.append((int(number), int(texts["code"])))
    return tuple(found)


def digest(document: Document) -> tuple[tuple[str, str], ...]:
    """A mark of the whole document, which another one with the same content has, too."""
    return (("digest", hashlib.blake2s(repr(document).encode(), digest_size=6).hexdigest()),)
