"""A client's WebSocket frames are masked, or its connection ends (RFC 6455, 5.1: "MUST").

aiohttp's reader takes frames that are not. Here headers alone are looked at: what is masked passes as it is, and in
place of the first frame that is not one of a reserved opcode does, which the reader refuses as it should that one
(1002).
"""

_REFUSED = b"\x83\x80\0\0\0\0"
_MORE = {126: 2, 127: 8}
"""How many bytes of length follow a header with this one."""
_MASK_BYTES = 4


class MaskedFrames:
    """What of a client's bytes is to be read. A header is held back until it is whole."""

    def __init__(self) -> None:
        self._held = b""
        self._payload_bytes = 0  # of the frame that is under way, still to come
        self._is_over = False

    def passed(self, data: bytes) -> bytes:
        """What may be read now, with these bytes."""
        if self._is_over:
            return b""
        data, self._held = self._held + data, b""
        at = self._payload_bytes
        while at < len(data):
            head = data[at : at + 2]
            if len(head) == 2 and not head[1] & 0x80:
                self._is_over = True
                return data[:at] + _REFUSED
            more = _MORE.get(head[1] & 0x7F, 0) if len(head) == 2 else 0
            if len(data) - at < 2 + more:
                data, self._held = data[:at], data[at:]
                break
            length = int.from_bytes(data[at + 2 : at + 2 + more]) if more else head[1] & 0x7F
            at += 2 + more + _MASK_BYTES + length
        self._payload_bytes = at - len(data)
        return data
