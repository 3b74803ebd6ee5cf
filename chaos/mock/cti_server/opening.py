"""Whether an OPEN_REQ is accepted. Pure. Source: CTI Server Message Reference Guide, OPEN_REQ and status codes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from chaos.wire.ged188.session import OpenReq
from chaos.wire.ged188.values import NULL_ID, AgentMask, ConfigMask, Service, Status

IDLE_TIMEOUT_MIN_S = 20
IDLE_NEVER = 0x7FFFFFFF
"""From this IdleTimeout on a session never idles out (0xFFFFFFFF by the guide; CTI OS sends this value)."""

KNOWN_SERVICES = sum(Service) | 0x200
"""0x200 has no name in the guides, yet the documented default of CTI OS (0x296) has it."""

GRANTED = (
    Service.CLIENT_EVENTS
    | Service.CALL_DATA_UPDATE
    | Service.CLIENT_CONTROL
    | Service.ALL_EVENTS
    | Service.PERIPHERAL_MONITOR
    | Service.SUPERVISOR
    | Service.AGENT_STATE_CONTROL_ONLY
    | Service.CONFIG_EVENTS
    | Service.UPDATE_EVENTS
)
"""What this server can do; ServicesGranted is the request cut down to it. From 24 on ACTIVE_STANDBY, too."""
STANDBY_SINCE = 24

# Plain ints: the complement of an IntFlag would stop at the flags it knows.
KNOWN_AGENT_STATES = int(AgentMask.ALL)
KNOWN_CONFIG = sum(ConfigMask)
CALL_BITS_BEFORE_24, ALL_BITS = 0x0FFFFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Terms:
    """What an OPEN_REQ is measured against.

    taken: unique instance ids of the sessions that are open. is_known, is_consistent: of the seat it names. in_use: is
    another client's session open at that phone?
    """

    versions: tuple[int, int]
    password: bytes | None
    peripheral_id: int
    taken: Collection[str]
    is_known: bool = True
    is_consistent: bool = True
    in_use: bool = False


def _version(req: OpenReq, terms: Terms) -> bool:
    return terms.versions[0] <= req.version_number <= terms.versions[1]


def _reserved(req: OpenReq, _: Terms) -> bool:
    return not (req.reserved1 or req.reserved2 or req.reserved3)


def _complete(req: OpenReq, _: Terms) -> bool:
    return bool(req.client_id) and req.client_password is not None


def _timeout(req: OpenReq, _: Terms) -> bool:
    return req.idle_timeout >= IDLE_TIMEOUT_MIN_S


def _services(req: OpenReq, _: Terms) -> bool:
    return not req.services_requested & ~KNOWN_SERVICES


def _call_mask(req: OpenReq, _: Terms) -> bool:
    return req.version_number >= STANDBY_SINCE or not req.call_msg_mask & ~CALL_BITS_BEFORE_24


def _agent_mask(req: OpenReq, _: Terms) -> bool:
    return not req.agent_state_mask & ~KNOWN_AGENT_STATES


def _config_mask(req: OpenReq, _: Terms) -> bool:
    return not req.config_msg_mask & ~KNOWN_CONFIG


def _peripheral(req: OpenReq, terms: Terms) -> bool:
    if req.services_requested & Service.CLIENT_EVENTS:
        return req.peripheral_id == terms.peripheral_id
    return req.peripheral_id in (terms.peripheral_id, NULL_ID, 0)


def _device(req: OpenReq, _: Terms) -> bool:
    named = req.agent_extension or req.agent_id or req.agent_instrument
    return bool(named) or not req.services_requested & Service.CLIENT_EVENTS


def _agent_data(req: OpenReq, terms: Terms) -> bool:
    return terms.is_known or not req.services_requested & Service.CLIENT_EVENTS


def _together(req: OpenReq, terms: Terms) -> bool:
    return terms.is_consistent or not req.services_requested & Service.CLIENT_EVENTS


def _free(req: OpenReq, terms: Terms) -> bool:
    return not terms.in_use or not req.services_requested & Service.CLIENT_EVENTS


def _password(req: OpenReq, terms: Terms) -> bool:
    return terms.password is None or (req.client_password or b"").rstrip(b"\0") == terms.password


def _instance_named(req: OpenReq, _: Terms) -> bool:
    return req.unique_instance_id != ""


def _instance_new(req: OpenReq, terms: Terms) -> bool:
    return req.unique_instance_id not in terms.taken


CHECKS: tuple[tuple[Callable[[OpenReq, Terms], bool], Status], ...] = (
    (_version, Status.INVALID_VERSION),
    (_reserved, Status.INVALID_RESERVED_FIELD),
    (_complete, Status.REQUIRED_DATA_MISSING),
    (_timeout, Status.INVALID_TIMEOUT),
    (_services, Status.INVALID_SERVICE_MASK),
    (_call_mask, Status.INVALID_CALL_MSG_MASK),
    (_agent_mask, Status.INVALID_AGENT_STATE_MASK),
    (_config_mask, Status.INVALID_CONFIG_MSG_MASK),
    (_peripheral, Status.INVALID_PERIPHERAL_ID),
    (_device, Status.REQUIRED_DATA_MISSING),
    (_password, Status.INVALID_PASSWORD),
    (_agent_data, Status.INVALID_AGENT_DATA),
    (_together, Status.INCONSISTENT_AGENT_DATA),
    (_free, Status.DEVICE_IN_USE),
    (_instance_named, Status.INVALID_UNIQUE_INSTANCE_ID),
    (_instance_new, Status.DUPLICATE_UNIQUE_INSTANCE_ID),
)
"""What an OPEN_REQ must satisfy, in the order in which it is looked at, and the status when it does not."""


def refusal(req: OpenReq, terms: Terms) -> Status | None:
    """Why this OPEN_REQ is refused; None when it is not."""
    return next((status for holds, status in CHECKS if not holds(req, terms)), None)


def granted(req: OpenReq) -> int:
    """ServicesGranted for an accepted OPEN_REQ."""
    standby = Service.ACTIVE_STANDBY if req.version_number >= STANDBY_SINCE else 0
    return req.services_requested & (GRANTED | standby)


def forgiven(req: OpenReq) -> OpenReq:
    """The OPEN_REQ that a tolerant server reads where public clients miss the guide.

    Seen in clients as they are shipped: no ClientPassword at all, all bits set in a mask (of CallMsgMask all have a
    meaning from 24 on only, and such clients may be told to speak an older protocol), CLIENT_EVENTS beside ALL_EVENTS
    without a phone, unnamed service bits. Nothing else is forgiven: versions, reserved fields, short time-outs and
    wrong passwords are refused as ever.
    """
    services = req.services_requested & KNOWN_SERVICES
    if services & Service.ALL_EVENTS and not (req.agent_extension or req.agent_id or req.agent_instrument):
        services &= ~Service.CLIENT_EVENTS
    return replace(
        req,
        services_requested=services,
        call_msg_mask=req.call_msg_mask & (ALL_BITS if req.version_number >= STANDBY_SINCE else CALL_BITS_BEFORE_24),
        agent_state_mask=req.agent_state_mask & KNOWN_AGENT_STATES,
        config_msg_mask=req.config_msg_mask & KNOWN_CONFIG,
        client_password=b"" if req.client_password is None else req.client_password,
    )
