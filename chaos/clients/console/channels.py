"""Opening channels of paramiko's step by step: what it offers as one blocking call, cut where it waits for the host.

A thread that waits for a host, or for another thread, comes back when it likes; an event that is looked at after each
settling (see `session`) is the same in every run. The steps are the same in paramiko 4 and 5.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import paramiko


def begin_session(transport: "paramiko.Transport", answered: threading.Event) -> "paramiko.Channel":
    """Ask for a session channel, as `Transport.open_session` begins. answered: set by paramiko's thread."""
    from paramiko.channel import Channel
    from paramiko.common import cMSG_CHANNEL_OPEN
    from paramiko.message import Message
    from paramiko.ssh_exception import SSHException

    wire: Any = transport  # its types do not show what goes on inside
    if not wire.active:
        raise SSHException("SSH session not active")
    with wire.lock:
        window, packet = wire._sanitize_window_size(None), wire._sanitize_packet_size(None)
        number = wire._next_channel()
        message = Message()
        message.add_byte(cMSG_CHANNEL_OPEN)
        message.add_string("session")
        for value in (number, window, packet):
            message.add_int(value)
        channel: Any = Channel(number)  # paramiko itself refers to it weakly
        wire._channels.put(number, channel)
        wire.channel_events[number] = answered
        wire.channels_seen[number] = True
        channel._set_transport(transport)
        channel._set_window(window, packet)
    wire._send_user_message(message)
    return channel  # type: ignore[no-any-return]


def check_opened(transport: "paramiko.Transport", channel: "paramiko.Channel") -> None:
    """Whether the host has opened it, now that it has answered. Raises what paramiko made of a refusal."""
    from paramiko.ssh_exception import SSHException

    wire: Any = transport
    if not wire.active or wire._channels.get(channel.get_id()) is None:
        raise wire.get_exception() or SSHException("Unable to open channel.")


class Request:
    """A request on a channel, such as `channel.get_pty`, without its wait: send it, look whether it is answered."""

    def __init__(self, channel: "paramiko.Channel", send: Callable[[], object]) -> None:
        self._channel: Any = channel
        self._send = send

    def send(self) -> None:
        self._channel._wait_for_event = lambda: None
        self._send()

    def is_answered(self) -> bool:
        """Raises what paramiko made of a refusal."""
        from paramiko.ssh_exception import SSHException

        if not self._channel.event.is_set():
            return False
        if not self._channel.event_ready:
            raise self._channel.transport.get_exception() or SSHException("Channel closed.")
        return True
