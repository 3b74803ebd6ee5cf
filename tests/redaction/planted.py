"""A thousand secrets, and every form in which a peer may repeat one: made here by hand, not by what is tested."""

import base64
import json
import random
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import quoteattr

AWKWARD = (
    "p&<>\"'w",
    "sl/ash\\back",
    "spa ce+plus%25",
    "äöü€𝄞",
    '","at_s":0,"x":"',
    '"}\n{"kind":"Ended',
    "]]><!--",
    "$(reboot)`;",
    "\\u0041\\n",
    "a.b*c[d](e)?^$|{2}",
)
SHORT = ("a", "1", "!", "&", "xy", "007", "]")
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&*+-./:;<=>?@^_~ '\"\\äß"


def secrets(count: int = 1000, seed: int = 12) -> list[str]:
    """So many different ones: awkward ones, short ones, and random ones of five to thirty letters."""
    rng = random.Random(seed)
    made = dict.fromkeys((*AWKWARD, *SHORT))
    while len(made) < count:
        drawn = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(5, 30))).strip()
        made.setdefault(drawn if len(drawn) >= 5 else f"{drawn}x7Q#z")
    return list(made)


def repeated(secret: str) -> Iterator[tuple[str, str]]:
    """How a peer repeats it, and what of that must not be left: the text around it may."""
    in_xml = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    in_json = [json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)]
    for form in {secret, in_xml, quote(secret, ""), quote_plus(secret), *in_json}:
        if len(secret) >= 4:
            yield f"the peer said {form} and went on", form
        yield f'the request was {{"password": "{form}"}}', f'"password": "{form}"'
        yield f"<User><password>{form}</password></User>", f"<password>{form}</password>"
        yield f"login failed: password={form}", f"password={form}"
    yield f"<a x={quoteattr(secret)}/> password={quoteattr(secret)}", f"password={quoteattr(secret)}"
    account = base64.b64encode(f"1001001:{secret}".encode()).decode()
    yield f"Authorization: Basic {account}", account
    yield f"https://administrator:{quote(secret, '')}@fin-a.example.com/finesse", f":{quote(secret, '')}@"
    if len(secret.encode()) >= 5:
        for before in ("", "x", "xy"):
            text = base64.b64encode(f"{before}{secret}".encode()).decode().rstrip("=")
            # The first and the last letters hold bits of what is beside it.
            yield f"blob {text}", text[len(before) + (1 if before else 0) : -1]
