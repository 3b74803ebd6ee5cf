"""Secrets kept out of what is written down: known ones in every form in which a peer may repeat them. A leaf.

Theory of operation: whoever looks a secret up tells `KNOWN` (`inventory.Secret.reveal` does), and whatever leaves this
process – a journal's line, a line on the terminal, an error, a report – goes through `told` before. A secret is looked
for as it is, as XML, URL, JSON and Python write it, and in base64 at each of the three places where it may begin in it.

Not every secret can be blotted out wherever it occurs. A password of one letter is a letter of every host's name, and a
lab's passwords may be its users' names: blotting those out would hide who did what, and a saved run could not be judged
again. So what is shorter than four characters, a word of the product's, or part of a public name is a secret only where
it stands as one: after `password=`, in `<password>`, in `"password":`. Credentials in a URL, in `Authorization` and in
session cookies are blotted out whosever they are.
"""

import base64
import functools
import html
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

T = TypeVar("T")

HIDDEN = "•••"
_PLAIN_MIN = 4
_BASE64_MIN = 5
# What stands for itself in journals and at consoles, whoever has chosen it for a password.
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    active agent alerting api call cisco dialog dialogs dropped failed false finesse held http https in_service
    initiated logout network none not_ready null out_of_service ready reserved running side started starting
    state stopped stopping system systeminfo talking test tomcat true unknown user users work work_ready
        """,
    )
)

# So many letters before it at most: a peer's megabyte of "a-a-a-" must not take an hour to look through.
_NAME = r"[\w-]{0,40}(?:pass(?:word|wd|phrase|code)?|pwd|secret|pin|token)"
_SECRET_VARIABLE = re.compile(r"(?i)(password|passwd|passphrase|secret|token|api_?key|private_?key)$")
_AUTHORIZATION = re.compile(r"(?i)\b((basic|bearer|negotiate)\s+)([\w+/=.~-]{4,})")
_IN_URL = re.compile(r"(://[^/\s:@\"'<>]*:)([^\s/@\"'<>]+)(?=@)")
_SESSION = re.compile(r"(?i)(\bJSESSIONID(?:SSO)?=)([\w.-]+)")
# Where the value of something begins that is called a password, in its usual spellings.
_NAMED = (
    rf"((?i:\b{_NAME})\\?[\"']?\s{{0,9}}[:=]\s{{0,9}}\\?[\"']?)",
    rf"(<(?:\w+:)?(?i:{_NAME})(?:\s[^<>]{{0,999}})?>)",
)
# Without one of these in it a line holds no credentials; names matter only for secrets that are no plain ones.
_SCHEMES = (b"basic", b"bearer", b"negotiate")
_COOKIE = b"jsessionid"
_TRIGGERS = (*_SCHEMES, _COOKIE)
_NAMES = (b"pass", b"pwd", b"secret", b"token", b"pin=", b'pin"', b"pin>", b"pin:")
_TRIGGERS_AND_NAMES = (*_TRIGGERS, *_NAMES)
# A text is first looked at by every fourth of its bytes, four at a time, as numbers: of seven bytes in a row one such
# four is seen whole, wherever they begin. The ends of forms are taken: passwords of one lab often begin alike, and like
# its hosts. Where a four is one of theirs the whole form is looked for: in a picture of 100 kB some four always is, and
# going through that letter by letter takes twenty times as long. Shorter forms are looked for one by one.
_FOUR = 4
_SEEN_MIN = 2 * _FOUR - 1


class Redactor:
    """Blots out the secrets that it was told of. public: names that may be told, whatever secrets are in them."""

    def __init__(self, secrets: Iterable[str] = (), public: Iterable[str] = ()) -> None:
        self._public = tuple(name.casefold() for name in public if name)
        self._known: set[str] = set()
        self._forms: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._fours: Mapping[int, Sequence[bytes]] = {}
        self._unseen: tuple[bytes, ...] = ()
        self._named: re.Pattern[str] | None = None
        self._is_ready = True
        self.remember(*secrets)

    def remember(self, *secrets: str) -> None:
        """From now on these are blotted out, too; what is empty is no secret."""
        fresh = {secret for secret in secrets if secret} - self._known
        if fresh:
            self._known |= fresh
            self._is_ready = False

    def publish(self, *names: str) -> None:
        """These names are no secrets, nor is any part of them."""
        self._public = tuple(dict.fromkeys((*self._public, *(name.casefold() for name in names if name))))
        self._is_ready = False

    def told(self, text: str) -> str:
        """The text without the secrets in it."""
        self._prepare()
        raw = text.encode("utf-8", "surrogatepass")
        if self._may_hold_credentials(raw):
            text = self._without_credentials(text, raw.lower())
            raw = text.encode("utf-8", "surrogatepass")
        return self._without_forms(text) if self._holds_forms(raw) else text

    def told_in(self, value: Any) -> Any:
        """The same in every text of a JSON-like value; keys, numbers and words of our own (an enum's) stay."""
        if isinstance(value, dict):
            return {key: self.told_in(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.told_in(item) for item in value) if type(value) in (list, tuple) else value
        return self.told(value) if type(value) is str else value

    def may_tell(self, line: bytes) -> bool:
        """Whether this line of JSON could hold a secret: a quick look, never wrong when it says no."""
        self._prepare()
        return self._may_hold_credentials(line) or self._holds_forms(line)

    def _may_hold_credentials(self, line: bytes) -> bool:
        lowered = line.lower()
        for trigger in _TRIGGERS if self._named is None else _TRIGGERS_AND_NAMES:
            if trigger in lowered:
                return True
        return _may_hold_url(lowered)

    def _without_credentials(self, text: str, lowered: bytes) -> str:
        """lowered: the same text. Each kind is looked for only where its words are: going through a picture of 100 kB
        for letters of either case takes 7 ms."""
        if any(scheme in lowered for scheme in _SCHEMES):
            # Before anything else, or the last letters of an account's base64 would be left.
            text = _AUTHORIZATION.sub(_unless_prose, text)
        if _may_hold_url(lowered):
            text = _IN_URL.sub(rf"\g<1>{HIDDEN}", text)
        if _COOKIE in lowered:
            text = _SESSION.sub(rf"\g<1>{HIDDEN}", text)
        return text if self._named is None else self._named.sub(_without_value, text)

    def _holds_forms(self, data: bytes) -> bool:
        """Whether a form, as it is or as it stands in JSON, is in there."""
        fours = memoryview(data)[: len(data) // _FOUR * _FOUR].cast("I")
        ends = self._fours.keys() & fours
        return any(form in data for four in ends for form in self._fours[four]) or any(
            form in data for form in self._unseen
        )

    def _without_forms(self, text: str) -> str:
        if self._forms.keys().isdisjoint(_fours(text)):
            return text
        parts, done = [], 0
        for n, four in enumerate(_fours(text)):
            if n >= done and four in self._forms:
                form = next((form for form in self._forms[four] if text.startswith(form, n)), None)
                if form is not None:
                    parts += [text[done:n], HIDDEN]
                    done = n + len(form)
        return "".join([*parts, text[done:]])

    def _prepare(self) -> None:
        """After whatever was remembered since the last look: it takes a while for a thousand of them."""
        if self._is_ready:
            return
        self._is_ready = True
        plain = [secret for secret in self._known if self._is_plain(secret)]
        forms = {form for secret in plain for form in forms_of(secret)}
        # The longest first: what is left of a longer one would still tell a part of it.
        self._forms = _by_beginning(sorted(forms, key=lambda form: (-len(form), form)))
        in_json = (json.dumps(form, ensure_ascii=False)[1:-1] for form in forms)
        lines = {form.encode("utf-8", "replace") for form in in_json}
        either = lines | {form.encode("utf-8", "surrogatepass") for form in forms}
        self._fours = _by_four(sorted(form for form in either if len(form) >= _SEEN_MIN))
        self._unseen = tuple(sorted(form for form in either if len(form) < _SEEN_MIN))
        others = {written for secret in self._known.difference(plain) for written in _spellings(secret)}
        values = "|".join(map(re.escape, sorted(others, key=lambda value: (-len(value), value))))
        where = "|".join(f"{name}(?:{values})(?!\\w)" for name in _NAMED)
        self._named = re.compile(where) if others else None

    def _is_plain(self, secret: str) -> bool:
        folded = secret.casefold()
        return len(secret) >= _PLAIN_MIN and folded not in _WORDS and not any(folded in name for name in self._public)


KNOWN = Redactor()
"""Of this process: what was looked up in it."""


def _by_beginning(forms: Sequence[Any]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    found: dict[tuple[Any, ...], list[Any]] = {}
    for form in forms:
        found.setdefault(tuple(form[:_PLAIN_MIN]), []).append(form)
    return {beginning: tuple(some) for beginning, some in found.items()}


def _may_hold_url(text: bytes) -> bool:
    return b"://" in text and b"@" in text


def _by_four(forms: Iterable[bytes]) -> dict[int, list[bytes]]:
    """Which of these have that four, as a number, at their end."""
    found: dict[int, list[bytes]] = {}
    for form in forms:
        end = form[-_SEEN_MIN:]
        for first in range(_FOUR):
            found.setdefault(int.from_bytes(end[first : first + _FOUR], sys.byteorder), []).append(form)
    return found


def _fours(text: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Every four letters in a row: whether one of thousands of forms is in a line then takes as long as the line is."""
    return zip(text, text[1:], text[2:], text[3:], strict=False)


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}{HIDDEN}"


def _unless_prose(found: re.Match[str]) -> str:
    """What follows "Basic" is an account's name and password; "a basic check" is none."""
    scheme, value = found[2].lower(), found[3]
    if scheme == "basic":
        padded = value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        try:
            is_one = b":" in base64.b64decode(padded, altchars=b"-_" if set("-_") & set(value) else None, validate=True)
        except ValueError:
            is_one = False
    else:
        is_one = not value.islower()
    return f"{found[1]}{HIDDEN}" if is_one else found[0]


def remember_environment(env: Mapping[str, str]) -> None:
    """What else the environment holds under a secret's name: a lab's own commands may print theirs. A file is none."""
    held = (value for name, value in env.items() if _SECRET_VARIABLE.search(name))
    KNOWN.remember(*(value for value in held if not (value[:1] == "/" and os.path.exists(value))))


@functools.cache
def forms_of(secret: str) -> frozenset[str]:
    """Every form in which that text may be repeated."""
    return frozenset(form for form in (*_spellings(secret), *_base64(secret)) if len(form) >= _PLAIN_MIN)


def _spellings(secret: str) -> Iterator[str]:
    once = [secret, *_written(secret)]
    yield from once
    for one in once[1:]:  # XML in JSON, JSON in XML, a URL's part in either
        yield from _written(one)


def _written(text: str) -> Iterator[str]:
    yield escape(text)
    yield escape(text, {'"': "&quot;", "'": "&apos;"})
    yield escape(text, {'"': "&quot;"})
    yield escape(text, {"'": "&apos;"})
    yield escape(text, {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
    yield quoteattr(text)[1:-1]
    yield html.escape(text)
    yield html.escape(text).replace("&#x27;", "&#39;")
    for ascii_only in (True, False):
        in_json = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield in_json
        yield in_json.replace("/", "\\/")
    yield repr(text)[1:-1]
    for quoted in (
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
    ):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)


def _base64(secret: str) -> Iterator[str]:
    """What is the same of its base64 whatever stands before and behind it, for each of three beginnings."""
    raw = secret.encode("utf-8", "replace")
    for before in range(3):
        bits = 8 * before
        first, last = -(-bits // 6), (bits + 8 * len(raw)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(b"\0" * before + raw).decode()[first:last]
            if len(core) >= _BASE64_MIN:
                yield core
