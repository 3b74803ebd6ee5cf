"""What was done to a call between two looks at its dialog, in the words of a narrowing. Pure."""

from chaos.wire.finesse import Dialog, ParticipantState

_ACTS = {
    (ParticipantState.ALERTING, ParticipantState.ACTIVE): "answer",
    (ParticipantState.INITIATING, ParticipantState.ACTIVE): "answer",
    (ParticipantState.INITIATED, ParticipantState.ACTIVE): "answer",
    (ParticipantState.ACTIVE, ParticipantState.HELD): "hold",
    (ParticipantState.HELD, ParticipantState.ACTIVE): "retrieve",
}


def acts_between(old: Dialog, new: Dialog) -> frozenset[str]:
    """answer, hold, retrieve, join (a party came in), drop (one left), data."""
    before = {one.media_address: one.state for one in old.participants or ()}
    after = {one.media_address: one.state for one in new.participants or ()}
    moves = {(before[who], state) for who, state in after.items() if who in before}
    acts = {act for move, act in _ACTS.items() if move in moves}
    acts |= {"join" for who in after if who not in before}
    acts |= {"drop" for who, state in before.items() if _left(after.get(who)) and not _left(state)}
    if old.media_properties != new.media_properties:
        acts.add("data")
    return frozenset(acts)


def _left(state: ParticipantState | str | None) -> bool:
    return state is None or state == ParticipantState.DROPPED
