"""Paramiko's handler of authentication, made to ask for the service once and to tell what the host offers.

It brings paramiko with it, so it is only imported when a console is opened.
"""

import re
import threading
from typing import Any

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.common import cMSG_USERAUTH_REQUEST
from paramiko.message import Message
from paramiko.ssh_exception import SSHException

from chaos.clients.console.boundary import Door
from chaos.clients.console.method import Method

# Its types do not show what a handler needs; that is the same in paramiko 4 and 5.
_BASE: Any = AuthHandler

# What a password answers, and questions that it does not answer, whatever else they say.
_THE_PASSWORD = re.compile(r"\s*pass(?:word|wort)\s*:?\s*", re.I)
_NOT_THE_PASSWORD = re.compile(r"\b(new|retype|re-enter|confirm|again|change|code|token|otp|pin|passcode)\b", re.I)


class Asker(AuthHandler):
    """One login at `door`. key: if there is one.

    offered: the methods that the host named last; is_partial: it wants another one besides. password_given: once is
    enough. asked: the question that is none for the password, "" if there was none.
    """

    def __init__(self, transport: paramiko.Transport, door: Door, key: paramiko.PKey | None) -> None:
        super().__init__(transport)
        self.offered: tuple[str, ...] = ()
        self.is_partial = False
        self.password_given = False
        self.asked = ""
        self.interactive_handler = self.answer
        self._door, self._key = door, key
        self._wire: Any = transport

    def request_service(self, event: threading.Event) -> None:
        self.auth_event = event
        _BASE._request_auth(self)

    def ask_what_is_offered(self, event: threading.Event) -> None:
        self._request("none", event)

    def try_method(self, method: Method, event: threading.Event) -> None:
        if method is Method.KEY:
            assert self._key is not None
            self._request_by_key(self._key, event)
        elif method is Method.PASSWORD:
            self.password_given = True
            self._request("password", event, False, self._door.password or "")
        else:
            self._request("keyboard-interactive", event, "", "")

    def _request_by_key(self, key: paramiko.PKey, event: threading.Event) -> None:
        kind, bits = _BASE._get_key_type_and_bits(self, key)
        algorithm = self._finalize_pubkey_algorithm(kind)
        blob = _BASE._get_session_blob(self, key, "ssh-connection", self._door.user, algorithm)
        self._request("publickey", event, True, algorithm, bits, key.sign_ssh_data(blob, algorithm))

    def _request(self, method: str, event: threading.Event, *fields: Any) -> None:
        self.auth_method, self.auth_event, self.username = method, event, self._door.user
        message = Message()
        message.add_byte(cMSG_USERAUTH_REQUEST)
        for field in (self._door.user, "ssh-connection", method, *fields):
            message.add_boolean(field) if isinstance(field, bool) else message.add_string(field)
        with self._wire.lock:
            self._wire._send_message(message)

    def _finalize_pubkey_algorithm(self, key_type: str) -> str:
        # A server that does not say what it takes is an old one: it knows SHA-1 signatures alone.
        is_old = self._door.old_algorithms and not self._wire.server_extensions.get("server-sig-algs")
        if key_type == "ssh-rsa" and is_old and "ssh-rsa" in self._wire.preferred_pubkeys:
            return key_type
        return str(_BASE._finalize_pubkey_algorithm(self, key_type))

    def _parse_service_accept(self, m: Message) -> None:
        if self.auth_event is not None:
            self.auth_event.set()

    def _parse_userauth_failure(self, m: Message) -> None:
        self.offered, self.is_partial = tuple(m.get_list()), m.get_boolean()
        if self.auth_event is not None:
            self.auth_event.set()

    def _parse_userauth_info_request(self, m: Message) -> None:
        if self.auth_method == "password":  # the same number means here: the password has to be changed
            self.asked = m.get_text() or "a new password"
            raise SSHException("the password has to be changed")
        _BASE._parse_userauth_info_request(self, m)

    def answer(self, title: str, text: str, prompts: list[tuple[str, bool]]) -> list[str]:
        """Called in paramiko's thread for each round of questions: one password for one question, once."""
        if not prompts:
            return []
        (question, is_shown), *more = prompts
        is_other = not _THE_PASSWORD.fullmatch(question) and _NOT_THE_PASSWORD.search(question)
        if more or is_shown or self.password_given or is_other:
            self.asked = " ".join(question.split())[:200] or "another answer"
            raise SSHException("something else than the password is asked for")
        self.password_given = True
        return [self._door.password or ""]
