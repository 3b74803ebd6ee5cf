"""What the embedded server answers with when it cannot do what it was asked. Texts are Toxiproxy's own."""

from chaos.errors import ChaosError


class ApiError(ChaosError):
    """A request that is answered with an error. `text` and `status` are what the client sees."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class GoJsonError(ChaosError):
    """A body is not what it should be; the text is that of Go's JSON decoder."""


class AddressError(ChaosError):
    """A listen address is unusable. The message is for comparing addresses, `listening` for opening one."""

    def __init__(self, text: str, *, listening: str | None = None) -> None:
        super().__init__(text)
        self.listening = listening or f"listen tcp: {text}"


def bad_request(problem: GoJsonError) -> ApiError:
    return ApiError(f"bad request body: {problem}", 400)


def missing_field(name: str) -> ApiError:
    return ApiError(f"missing required field: {name}", 400)


def proxy_not_found() -> ApiError:
    return ApiError("proxy not found", 404)


def toxic_not_found() -> ApiError:
    return ApiError("toxic not found", 404)


def proxy_exists() -> ApiError:
    return ApiError("proxy already exists", 409)


def toxic_exists() -> ApiError:
    return ApiError("toxic already exists", 409)


def invalid_stream() -> ApiError:
    return ApiError("stream was invalid, can be either upstream or downstream", 400)


def invalid_toxic_type() -> ApiError:
    return ApiError("invalid toxic type", 400)
