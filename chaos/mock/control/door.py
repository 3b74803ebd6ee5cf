"""Who is let in at the control of a mock. Pure.

Theory of operation
-------------------
Programs on this machine get in by the token in the address, which nobody else knows. Browsers are the danger: any page
that a person has open may send requests to loopback. So a request is refused

- whose Host is no loopback name: a foreign name that was made to lead here (DNS rebinding) shows itself so;
- whose Origin is not the page's own, or which the browser itself calls cross-site (Sec-Fetch-Site);
- that orders something otherwise than as JSON, which no form can send, and no foreign page without asking first.

No answer allows other origins anything, and pages of ours may load, run and ask nothing but from here.
"""

import hmac
import ipaddress
import re
from collections.abc import Mapping

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
"""On every answer. The token stands in the address, which therefore is told to nobody (Referrer-Policy)."""

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(:[0-9]{1,5})?")


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine by a name that nobody else can give away."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["name"]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def refusal(headers: Mapping[str, str]) -> str | None:
    """Why a request is refused whatever it asks for; None: it is not. headers: named without regard to case."""
    host = headers.get("Host", "")
    if not is_loopback(host):
        return "this is reached by a loopback address only"
    origin = headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        return "other pages may not use this"
    if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return "other pages may not use this"
    return None


def is_token(given: str, token: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())
