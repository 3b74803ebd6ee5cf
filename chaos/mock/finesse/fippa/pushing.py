"""Orders to IP phones: which there are, and how one is pushed."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from chaos.mock.finesse.config import Address
from chaos.wire.http import AnswerReader, BadHttp, request_bytes
from chaos.wire.phone import EXECUTE_PATH, FORM_FIELD, Execute, write

PUSH_S = 5.0
_ANSWER_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class PhoneDirectory:
    """What CUCM knows of phones: where each device listens, and who may control them all."""

    devices: Mapping[str, Address] = field(default_factory=dict)
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


async def pushed(at: Address, order: Execute, authorization: str) -> None:
    """Post an order to the phone there. One that does not answer is off: nothing is owed to it."""
    body = urlencode({FORM_FIELD: write(order).decode()}).encode()
    fields = {
        "Host": f"{at.host}:{at.port}",
        "Authorization": authorization,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    raw = [(name.encode(), value.encode()) for name, value in fields.items()]
    try:
        async with asyncio.timeout(PUSH_S):
            reader, writer = await asyncio.open_connection(at.host, at.port)
            try:
                writer.write(request_bytes("POST", EXECUTE_PATH.encode(), raw, body))
                answers = AnswerReader("POST", body_max=_ANSWER_BYTES_MAX)
                answer = None
                while answer is None:
                    data = await reader.read(_ANSWER_BYTES_MAX)
                    answer = answers.feed(data) if data else answers.end()
            finally:
                writer.close()
    except (TimeoutError, OSError, BadHttp):
        return
