"""XMPP addresses (RFC 7622), in the plain form that Finesse uses: login id, node name, resource."""

import re
from dataclasses import dataclass

from chaos.errors import PeerError

MAX_PART_BYTES = 1023

# RFC 7622, 3.3.1: never in a local part. No escaping of them (XEP-0106) was ever seen from Finesse.
_BAD_LOCAL = re.compile(r"""["&'/:<>@\s\x00-\x1f\x7f]""")
_BAD_DOMAIN = re.compile(r"""["&'<>@/\s\x00-\x1f\x7f]""")
_BAD_RESOURCE = re.compile(r"[\x00-\x1f\x7f]")


class BadJid(PeerError):
    """A text that is no XMPP address."""


@dataclass(frozen=True, slots=True)
class JID:
    """`local@domain/resource`; local and domain are held in lower case, the resource as given.

    Raises BadJid: a part is empty, longer than 1023 bytes, or holds a character it must not.
    """

    local: str | None
    domain: str
    resource: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", self.domain.lower().rstrip("."))
        _check(self.domain, _BAD_DOMAIN, "domain")
        if self.local is not None:
            object.__setattr__(self, "local", self.local.lower())
            _check(self.local, _BAD_LOCAL, "local part")
        if self.resource is not None:
            _check(self.resource, _BAD_RESOURCE, "resource")

    @classmethod
    def parse(cls, text: str) -> "JID":
        """Read `[local@]domain[/resource]`. Raises BadJid."""
        address, slash, resource = text.partition("/")
        local, at, domain = address.rpartition("@")
        return cls(local if at else None, domain, resource if slash else None)

    @property
    def bare(self) -> "JID":
        """The same without resource."""
        return JID(self.local, self.domain)

    @property
    def is_bare(self) -> bool:
        """Has it no resource?"""
        return self.resource is None

    def __str__(self) -> str:
        address = self.domain if self.local is None else f"{self.local}@{self.domain}"
        return address if self.resource is None else f"{address}/{self.resource}"


def _check(part: str, bad: re.Pattern[str], what: str) -> None:
    if not part:
        raise BadJid(f"an XMPP address with an empty {what}")
    found = bad.search(part)
    if found:
        raise BadJid(f"an XMPP address with {found.group()!r} in its {what}")
    if len(part.encode("utf-8", "surrogatepass")) > MAX_PART_BYTES:
        raise BadJid(f"an XMPP address with a {what} of more than {MAX_PART_BYTES} bytes")
