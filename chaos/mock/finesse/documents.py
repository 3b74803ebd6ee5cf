"""From what a node knows to what clients are shown: User and Dialog documents. Pure.

Source: Finesse developer guide, User and Dialog parameters, participant states and the actions offered in each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from chaos.mock.finesse.config import LOGOUT_REASONS, SYSTEM_REASONS, ReasonRecord, UserRecord
from chaos.mock.finesse.view import Agent, Call, Party, View
from chaos.wire.finesse import (
    Action,
    CallVariable,
    Dialog,
    DialogState,
    MediaProperties,
    Participant,
    ParticipantState,
    ReasonCode,
    Team,
    User,
    UserSettings,
    UserState,
)
from chaos.wire.ged188.values import AgentState, CallType
from chaos.wire.ged188.values import LocalConnectionState as State

SETTINGS = UserSettings("OPTIONAL", "OPTIONAL", "enabled")
WRAP_UP_TIMER_S = 7200

USER_STATES: Mapping[int, UserState] = {
    AgentState.LOGOUT: UserState.LOGOUT,
    AgentState.NOT_READY: UserState.NOT_READY,
    AgentState.AVAILABLE: UserState.READY,
    AgentState.TALKING: UserState.TALKING,
    AgentState.WORK_NOT_READY: UserState.WORK,
    AgentState.WORK_READY: UserState.WORK_READY,
    AgentState.RESERVED: UserState.RESERVED,
    AgentState.HOLD: UserState.HOLD,
}

PARTY_STATES: Mapping[int, ParticipantState] = {
    State.NULL: ParticipantState.DROPPED,
    State.INITIATE: ParticipantState.INITIATING,
    State.ALERTING: ParticipantState.ALERTING,
    State.CONNECT: ParticipantState.ACTIVE,
    State.HOLD: ParticipantState.HELD,
    State.QUEUED: ParticipantState.ACTIVE,
    State.FAIL: ParticipantState.FAILED,
}

ACTIONS: Mapping[ParticipantState, tuple[Action, ...]] = {
    ParticipantState.INITIATING: (Action.DROP, Action.UPDATE_CALL_DATA),
    ParticipantState.INITIATED: (Action.DROP, Action.UPDATE_CALL_DATA),
    ParticipantState.ALERTING: (Action.ANSWER,),
    ParticipantState.ACTIVE: (Action.HOLD, Action.DROP, Action.UPDATE_CALL_DATA, Action.CONSULT_CALL),
    ParticipantState.HELD: (Action.RETRIEVE, Action.DROP, Action.UPDATE_CALL_DATA),
    ParticipantState.FAILED: (Action.DROP,),
}

CALL_TYPES: Mapping[int, str] = {CallType.AGENT_INSIDE: "AGENT_INSIDE", CallType.OTHER_IN: "OTHER_IN"}


def stamp(moment: datetime | None) -> str:
    """A time as documents write it: UTC with milliseconds; "" for none."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def user(record: UserRecord, agent: Agent, reasons: Sequence[ReasonRecord]) -> User:
    """The User document."""
    state = USER_STATES.get(agent.state, UserState.UNKNOWN)
    reason = reason_code(state, agent.reason, reasons)
    number: int | None = -1 if reason is None or reason.id is None else reason.id
    if state is UserState.READY:
        number = None  # as captured: in READY the element is missing altogether
    return User(
        login_id=record.login_id,
        state=state,
        uri=f"/finesse/api/User/{record.login_id}",
        roles=record.roles,
        login_name=record.login_name or record.login_id,
        state_change_time=stamp(agent.since),
        media_type="1",
        pending_state="" if agent.pending is None else USER_STATES.get(agent.pending, UserState.UNKNOWN),
        reason_code_id=number,
        reason_code=reason,
        settings=SETTINGS,
        extension=agent.extension,
        first_name=record.first_name,
        last_name=record.last_name,
        team_id=record.team_id,
        team_name=record.team_name,
        skill_target_id=record.skill_target_id or None,
        dialogs_uri=f"/finesse/api/User/{record.login_id}/Dialogs",
        teams=tuple(Team(team, record.team_name, f"/finesse/api/Team/{team}") for team in sorted(record.supervises)),
        wrap_up_timer_s=WRAP_UP_TIMER_S,
    )


def user_summary(user: User) -> User:
    """What is told of an agent to those who look at his team. Source: developer guide, Team Notification, Team API."""
    return User(
        login_id=user.login_id,
        state=user.state,
        uri=user.uri,
        state_change_time=user.state_change_time,
        pending_state=user.pending_state,
        reason_code=user.reason_code,
        extension=user.extension,
        first_name=user.first_name,
        last_name=user.last_name,
        dialogs_uri=user.dialogs_uri,
    )


def reason_code(state: UserState, code: int, reasons: Sequence[ReasonRecord]) -> ReasonCode | None:
    """The reason an agent is in Not Ready or Logout; None where there is none to show."""
    if code == 0 or state not in (UserState.NOT_READY, UserState.LOGOUT):
        return None
    for record in reasons:
        if record.code == code and record.category == state:
            return configured_reason(record)
    label = SYSTEM_REASONS.get(code, str(code))
    if state is UserState.LOGOUT:
        label = LOGOUT_REASONS.get(code, label)
    return ReasonCode(code, label, str(state), for_all=True, system_code=True)


def configured_reason(record: ReasonRecord) -> ReasonCode:
    """A reason code of the ReasonCode API."""
    return ReasonCode(
        record.code,
        record.label,
        record.category,
        record.reason_id,
        f"/finesse/api/ReasonCode/{record.reason_id}",
        for_all=record.for_all,
        system_code=False,
    )


def dialog(call: Call, view: View) -> Dialog:
    """The Dialog document: the same for every agent in the call."""
    inside = view.extensions()
    facts = call.facts
    variables = [CallVariable(f"callVariable{n}", value) for n, value in enumerate(facts.variables, 1)]
    variables += [CallVariable(name, value) for name, value in facts.named]
    return Dialog(
        id=str(call.call_id),
        state=dialog_state(call),
        from_address=call.calling,
        to_address=call.called,
        media_properties=MediaProperties(
            media_id="1",
            dnis=facts.dnis or facts.dialed_number or call.called,
            call_type=_call_type(call.call_type),
            dialed_number=facts.dialed_number or call.called,
            outbound_classification="",
            wrap_up_reason=facts.wrap_up or None,
            call_variables=tuple(variables),
        ),
        participants=tuple(
            _participant(device, party, call, view, known=device in inside) for device, party in call.parties.items()
        ),
        uri=f"/finesse/api/Dialog/{call.call_id}",
        associated_dialog_uri="" if call.associated is None else f"/finesse/api/Dialog/{call.associated}",
        secondary_id=None if call.absorbed is None else str(call.absorbed),
    )


def _call_type(call_type: int) -> str:
    try:
        return CALL_TYPES.get(call_type) or CallType(call_type).name
    except ValueError:
        return ""


def dialog_state(call: Call) -> DialogState:
    """The state of the whole call, from its parties' states."""
    states = {party.state for party in call.parties.values()}
    if states & {State.CONNECT, State.HOLD}:
        return DialogState.ACTIVE
    if State.ALERTING in states:
        return DialogState.ALERTING
    if State.FAIL in states:
        return DialogState.FAILED
    if State.INITIATE in states:
        return DialogState.INITIATED if call.originated else DialogState.INITIATING
    return DialogState.DROPPED


def _participant(device: str, party: Party, call: Call, view: View, *, known: bool) -> Participant:
    state = PARTY_STATES.get(party.state, ParticipantState.ACTIVE)
    if state is ParticipantState.INITIATING and call.originated:
        state = ParticipantState.INITIATED
    actions = ACTIONS.get(state, ()) if known else ()
    if call.call_type == CallType.SUPERVISOR_MONITOR:
        # Who is heard has nothing to do with it; who hears can leave, or join the call that he hears.
        actions = (Action.BARGE_CALL, Action.DROP) if known and device == call.calling else ()
    if known and state is ParticipantState.HELD and _has_other_active(device, call, view):
        actions = (*actions, Action.TRANSFER, Action.CONFERENCE)
    return Participant(
        media_address=device,
        state=state,
        actions=actions,
        media_address_type="AGENT_DEVICE" if known else "",
        start_time=stamp(party.started),
        state_change_time=stamp(party.since),
    )


def _has_other_active(device: str, call: Call, view: View) -> bool:
    return any(
        other.call_id != call.call_id
        and other.call_type != CallType.SUPERVISOR_MONITOR
        and other.parties[device].state == State.CONNECT
        for other in view.calls_at(device)
    )


def ended(shown: Dialog) -> Dialog:
    """A dialog as a DELETE event carries it: whole, everybody dropped, nothing left to do."""
    return replace(
        shown,
        state=DialogState.DROPPED,
        participants=tuple(
            replace(party, state=ParticipantState.DROPPED, actions=None) for party in shown.participants or ()
        ),
    )


def left(shown: Dialog, old: Dialog, extension: str) -> Dialog:
    """A dialog as a DELETE event carries it for one who left while others go on: for him it is dropped, and so is he.

    old: as it was shown last, with him in it. Source: developer guide, CTI Event Mappings for Dialog and Participant
    States.
    """
    now, then = shown.participants or (), old.participants or ()
    own = next((party for party in (*now, *then) if party.media_address == extension), None)
    parties = [replace(party, actions=None) for party in now if party.media_address != extension]
    if own is not None:
        parties.append(replace(own, state=ParticipantState.DROPPED, actions=None))
    return replace(shown, state=DialogState.DROPPED, participants=tuple(parties))
