"""From Finesse's documents to what observations keep of them: once for answers and events."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from chaos.journal import CallSeen
from chaos.wire import finesse
from chaos.wire.digits import whole_number
from chaos.wire.finesse import Document
from chaos.wire.finesse.flat import texts
from chaos.wire.xml import local_name, parse_xml

NOW, IN_USE, BEAT, PRIMARY = "currentTimestamp", "ctiServers", "lastCTIHeartbeatStatus", "primaryNode"
MARK = "digest"
REASON = "reasonCode"
"""Under this name stands all that a User document says of the reason of a state."""

# What has a field of its own in observations, or says nothing that is to last: how a mobile agent is reached is known
# to the node where he signed in, until it loses a session (developer guide, User—Get User).
_OF_USER = frozenset({"state", "extension", "mobileAgent/mode", "mobileAgent/dialNumber"})
_REASON = "ReasonCode/"
_PROPERTIES = "mediaProperties/"
_OF_CALL = frozenset(
    {"id", "state", "fromAddress", "toAddress", "participants"}
    | {_PROPERTIES + name for name in ("callvariables", "wrapUpReason")}
)
_OF_PARTY = frozenset({"mediaAddress", "state", "actions"})
# What a node says of itself goes on changing in these; which protocol it speaks is agreed upon with each CTI server.
_OF_NODE = frozenset(
    {"status", "statusReason", "currentTimestamp", "lastCTIHeartbeatStatus", "lastSuccessCTIHeartbeatTime"}
    | {"ctiVersion", "ctiMMode", "ctiTimeInMMode", "finesseMMode", "finesseTimeInMMode", "timezoneOffset", "ctiServers"}
)

# What a list of users is called, and what stands in it.
_USERS, _USER, _TEAM = "users", "user", "team"
_REASONS = "reasoncodes"
_QUEUES = "queues"


# What stands before a resource's path where a product writes whole addresses, with or without a port.
_ADDRESS = re.compile(r"\bhttps?://[^/\s]*(?=/finesse/api/)", re.IGNORECASE)


def as_path(text: str) -> str:
    """A text in which each resource of Finesse's stands by its path, however it is addressed."""
    return _ADDRESS.sub("", text)


def _texts(document: Any, without: frozenset[str]) -> dict[str, str]:
    return {name: as_path(text) for name, text in texts(document, without).items()}


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
            more=tuple(_more(dialog)),
        )
        for dialog in dialogs
    )


def _more(dialog: finesse.Dialog) -> Iterator[tuple[str, str]]:
    """All else that is said of a call, and of each party by its device: "startTime of 2001"."""
    yield from ((name.removeprefix(_PROPERTIES), said) for name, said in _texts(dialog, _OF_CALL).items())
    for one in dialog.participants or ():
        yield from ((f"{name} of {one.media_address}", said) for name, said in _texts(one, _OF_PARTY).items())


def _call_data(properties: finesse.MediaProperties | None) -> tuple[tuple[str, str], ...]:
    """Call variables by name, and the wrap-up reason by the name of its element."""
    if properties is None:
        return ()
    told = tuple((one.name or "", one.value or "") for one in properties.call_variables or ())
    return told if properties.wrap_up_reason is None else (*told, ("wrapUpReason", properties.wrap_up_reason))


def error_of(errors: finesse.ApiErrors) -> tuple[str | None, str | None]:
    """Type and message of all errors of a document, each once: of several, the one that matters may stand anywhere."""
    types = dict.fromkeys(one.error_type for one in errors.errors if one.error_type)
    messages = dict.fromkeys(one.error_message for one in errors.errors if one.error_message)
    return " + ".join(types) or None, " + ".join(messages) or None


def more_of(user: finesse.User) -> tuple[tuple[str, str], ...]:
    """What a User document says besides its state: what stays as it is whatever its agent does – who that is, where it
    belongs, its settings –, and since when, why, and until what the state is."""
    said = _texts(user, _OF_USER)
    why = " ".join(text for name, text in said.items() if name.startswith(_REASON))
    rest = ((name, text) for name, text in said.items() if not name.startswith(_REASON))
    label = said.get(f"{_REASON}label")
    return (*rest, *([("label", label)] if label else []), *([(REASON, why)] if why else []))


def more_of_node(info: finesse.SystemInfo) -> tuple[tuple[str, str], ...]:
    """When it is at that node, which of its CTI servers are in use, in their order, what became of its last heartbeat,
    which node it calls the primary one, and a mark of all that a node in service goes on saying of itself."""
    mark = _mark(*(f"{name}={text}" for name, text in _texts(info, _OF_NODE).items()))
    in_use = ",".join("active" if one.active else "idle" for one in info.cti_servers or ())
    beat = str(info.last_heartbeat_status or "")
    primary = info.primary_node.host if info.primary_node is not None else None
    said = ((NOW, info.current_timestamp), (IN_USE, in_use), (BEAT, beat), (PRIMARY, primary), (MARK, mark))
    return tuple((name, text) for name, text in said if text)


def users_listed(document: finesse.UnknownPayload) -> tuple[tuple[str, str], ...]:
    """(id, state) of the users in a list of them, or in a team with its users; none of any other document."""
    root = parse_xml(document.xml)
    if document.root.lower() == _TEAM:
        root = next((part for part in root if local_name(part).lower() == _USERS), root)
    if local_name(root).lower() != _USERS:
        return ()
    found = []
    for user in root:
        texts = {local_name(part).lower(): (part.text or "").strip() for part in user}
        if local_name(user).lower() == _USER and texts.get("loginid"):
            found.append((texts["loginid"], texts.get("state", "")))
    return tuple(found)


def queues_listed(document: object) -> tuple[str, ...]:
    """The ids of the queues in a list of them; none of any other document."""
    if not isinstance(document, finesse.UnknownPayload) or document.root.lower() != _QUEUES:
        return ()
    uris = ((part.text or "").strip() for queue in parse_xml(document.xml) for part in queue if _is_uri(part))
    return tuple(number for uri in uris if (number := uri.rpartition("/")[2]).isdecimal())


def _is_uri(part: Element) -> bool:
    return local_name(part).lower() == "uri"


def reasons_listed(document: object) -> tuple[tuple[int, int], ...]:
    """(id, code) of the reason codes in a list of them: the id is asked for, the code is told. None of others."""
    if not isinstance(document, finesse.UnknownPayload) or document.root.lower() != _REASONS:
        return ()
    found = []
    for reason in parse_xml(document.xml):
        texts = {local_name(part).lower(): (part.text or "").strip() for part in reason}
        number = whole_number(texts.get("uri", "").rpartition("/")[2])
        code = whole_number(texts.get("code", ""))
        if number is not None and code is not None:
            found.append((number, code))
    return tuple(found)


def digest(document: Document) -> tuple[tuple[str, str], ...]:
    """A mark of the whole document, which another one with the same content has, too."""
    return ((MARK, _mark(repr(document))),)


def _mark(*said: str) -> str:
    return hashlib.blake2s("\n".join(said).encode(), digest_size=6).hexdigest()
