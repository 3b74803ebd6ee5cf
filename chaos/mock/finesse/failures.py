"""What goes wrong with a request, and how clients are told. Pure.

Source: Finesse developer guide, Cisco Finesse API Errors, User and Dialog API errors, Dialog CTI Error Notification.
"""

from collections.abc import Mapping

from chaos.wire.finesse import ApiError, ApiErrors
from chaos.wire.ged188.fields import Message
from chaos.wire.ged188.session import ControlFailureConf, FailureConf
from chaos.wire.ged188.values import ControlFailure, Status


class ApiFailure(Exception):
    """A request that is answered with an error. http: the status code. headers: beside the body."""

    def __init__(
        self,
        http: int,
        error_type: str,
        message: str = "",
        data: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{http} {error_type} {message}")
        self.http = http
        self.errors = ApiErrors((ApiError(error_type, message, data),))
        self.headers = dict(headers or {})


def out_of_service() -> ApiFailure:
    """503: a dependency is down while Tomcat runs."""
    return ApiFailure(503, "Service Unavailable", "SERVER_OUT_OF_SERVICE")


def internal_error() -> ApiFailure:
    """500: the CTI server gave no answer, and its loss is not established."""
    return ApiFailure(500, "Internal Server Error", "RUNTIME_EXCEPTION")


def database_error() -> ApiFailure:
    """500: the database that seemed to be up gave no answer."""
    return ApiFailure(500, "Internal Server Error", "DB_RUNTIME_EXCEPTION")


def unauthorized(user: str) -> ApiFailure:
    """401: nobody says that these credentials are good."""
    headers = {"WWW-Authenticate": 'Basic realm="Cisco Finesse"'}
    return ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", user, headers=headers)


def no_user(asked: str) -> ApiFailure:
    """404: the CTI server knows no such user."""
    return ApiFailure(404, "User Not Found", "UNKNOWN_USER", asked)


def no_team(team: str) -> ApiFailure:
    """404: there is no such team."""
    return ApiFailure(404, "Not Found", "UNKNOWN_TEAM", team)


def of_status(status: int, user: str = "") -> ApiFailure:
    """A failure of the whole node with that status."""
    if status == 401:
        return unauthorized(user)
    if status == 400:
        return ApiFailure(400, "Invalid State", "INVALID_STATE", user)
    if status == 403:
        return ApiFailure(403, "Forbidden")
    if status == 404:
        return ApiFailure(404, "Not Found")
    return out_of_service() if status == 503 else internal_error()


def missing(name: str) -> ApiFailure:
    """400: a parameter that must be there."""
    return ApiFailure(400, "Parameter Missing", f"{name[:1].upper()}{name[1:]} Parameter missing", name)


def invalid(name: str) -> ApiFailure:
    """400: a parameter with a value that cannot be."""
    return ApiFailure(400, "Invalid Input", f"Invalid '{name}' specified", name)


_NAMES: Mapping[int, tuple[str, str]] = {
    ControlFailure.INVALID_LOGON_DEVICE: ("Invalid Device", "CF_INVALID_LOGON_DEVICE_SPECIFIED"),
    ControlFailure.EXTENSION_IN_USE: ("Device Busy", "CF_EXTENSION_IN_USE"),
    ControlFailure.INVALID_WORK_MODE: ("Mode Not Allowed", "CF_INVALID_AGENT_WORKMODE_SPECIFIED"),
    ControlFailure.STATE_INCOMPATIBILITY: ("Invalid State", "CF_GENERIC_STATE_INCOMPATIBILITY"),
    ControlFailure.INVALID_OBJECT_STATE: ("Invalid State", "CF_INVALID_OBJECT_STATE"),
}


def asynchronous(conf: Message, *, on_call: bool) -> ApiErrors:
    """The payload for a request that the CTI server refused. on_call: it was about a dialog."""
    code, peripheral_code = _code(conf)
    name = code.name if isinstance(code, ControlFailure | Status) else str(code)
    error_type, message = _NAMES.get(code, ("Generic Error", f"CF_{name}"))
    return ApiErrors(
        (
            ApiError(
                "Call Operation Failure" if on_call else error_type,
                message,
                str(int(code)),
                str(peripheral_code),
                name.replace("_", " ").capitalize(),
                f"PERERR_{name}",
            ),
        )
    )


def _code(conf: Message) -> tuple[ControlFailure | Status | int, int]:
    if isinstance(conf, ControlFailureConf):
        return conf.failure_code, conf.peripheral_error_code
    if isinstance(conf, FailureConf):
        code = conf.failure_code if conf.failure_code is not None else conf.status
        return (ControlFailure.UNSPECIFIED if code is None else code), conf.peripheral_error_code
    return ControlFailure.UNSPECIFIED, 0


def is_refusal(conf: Message) -> bool:
    """Does this answer say no?"""
    return isinstance(conf, ControlFailureConf | FailureConf)
