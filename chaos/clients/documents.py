"""From Finesse's documents to what observations keep of them: once for answers and events."""

import hashlib

from chaos.journal import CallSeen
from chaos.wire import finesse
from chaos.wire.finesse import Document
from chaos.wire.xml import local_name, parse_xml

CHANGED = "stateChangeTime"
"""Of what a User document says besides its state, the one thing that changes with it."""

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
            more=_more(dialog),
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


def _call_data(properties: finesse.MediaProperties | None) -> tuple[tuple[str, str], ...]:
    """Call variables by name, and the wrap-up reason by the name of its element."""
    if properties is None:
        return ()
    told = tuple((one.name or "", one.value or "") for one in properties.call_variables or ())
    return told if properties.wrap_up_reason is None else (*told, ("wrapUpReason", properties.wrap_up_reason))


def lasting(user: finesse.User) -> tuple[tuple[str, str], ...]:
    """What a User document says that stays as it is whatever its agent does: who that is, and where it belongs."""
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
        CHANGED: user.state_change_time,
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
