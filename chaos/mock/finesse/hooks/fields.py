"""One field of a document as a broken product has it: everything else in it is right. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from chaos.wire.finesse import Dialog, MediaProperties, User

_WRONG_S = 3600.0
_OTHER_NUMBER = "9" * 7


def with_wrong(document: User | Dialog, field: str) -> User | Dialog:
    """The document with that field, by its element's name, as it is not; as it is if it has no such field."""
    return with_wrong_user(document, field) if isinstance(document, User) else with_wrong_call(document, field)


def with_wrong_user(user: User, field: str) -> User:
    """As `with_wrong`."""
    if field == "reasonCodeId" and user.reason_code_id is not None:
        return replace(user, reason_code_id=user.reason_code_id + 1)
    if field == "label" and user.reason_code is not None:
        return replace(user, reason_code=replace(user.reason_code, label="another"))
    if field == "loginName":
        return replace(user, login_name="somebody")
    return replace(user, skill_target_id=_OTHER_NUMBER) if field == "skillTargetId" else user


def with_wrong_call(call: Dialog, field: str) -> Dialog:
    """As `with_wrong`."""
    told, parties = call.media_properties or MediaProperties(), call.participants or ()
    if field == "callType":
        return replace(call, media_properties=replace(told, call_type="OTHER_IN"))
    if field == "dialedNumber":
        return replace(call, media_properties=replace(told, dialed_number=_OTHER_NUMBER))
    if field == "startTime":
        parties = tuple(replace(one, start_time=_earlier(one.start_time)) for one in parties)
    if field == "stateChangeTime":
        parties = tuple(replace(one, state_change_time=_earlier(one.state_change_time)) for one in parties)
    return replace(call, participants=parties)


def _earlier(said: str | None) -> str | None:
    """The same time an hour before."""
    if not said:
        return said
    moment = datetime.fromisoformat(said) - timedelta(seconds=_WRONG_S)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
