"""A small live lab as text, to be spoilt line by line."""

import base64
from pathlib import Path

import pytest

from chaos.errors import InventoryError
from chaos.inventory import load

REPOSITORY = Path(__file__).parents[2]


def host_key(kind: str = "ssh-ed25519", body: bytes = bytes(36)) -> str:
    """A well-formed public key that belongs to nobody."""
    return f"{kind} {base64.b64encode(len(kind).to_bytes(4, 'big') + kind.encode() + body).decode()}"


LIVE = f"""\
name: lab
deployment: live
disposable: true
max_foreign_agents: 2
release: 12.6(2)
tls: {{ca: ca.pem}}
publisher:
  host: fin-a.lab.example
  ssh: {{user: admin, password: {{env: VOS}}, host_key: {host_key()}}}
subscriber: {{host: fin-b.lab.example}}
cti:
  a: {{host: pg-a.lab.example, address: 10.0.0.21}}
  b: {{host: pg-b.lab.example, address: 10.0.0.22}}
awdb:
  primary: {{host: aw-a.lab.example}}
proxies:
  local: {{}}
  bench: {{api: "http://10.0.0.6:8474"}}
links:
  cti-a: {{proxy: local, listen: "10.0.0.5:42027", relay: "127.0.0.1:5000", upstream: "10.0.0.21:42027"}}
  cti-b: {{proxy: local, listen: "10.0.0.5:43027", upstream: "10.0.0.22:43027"}}
admin: {{user: boss, password: {{env: BOSS}}}}
agents:
  - {{id: 1001, password: {{file: secrets/agents}}, extension: 2001}}
  - {{id: 1002, password: {{file: secrets/agents}}, extension: 0123}}
  - {{id: 1003, login: clara, password: {{file: secrets/agents}}, extension: 2003}}
outside_number: 5550100
"""


def line_of(text: str, part: str) -> int:
    """Number, from 1, of the first line with `part` in it."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def spoilt(old: str, new: str) -> str:
    """LIVE with one place changed, which must exist exactly once."""
    assert LIVE.count(old) == 1, old
    return LIVE.replace(old, new)


def written(folder: Path, text: str | bytes) -> Path:
    """An inventory file with this content."""
    path = folder / "lab.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def complaint(folder: Path, text: str | bytes) -> str:
    """What load() says against this content, with the folder's name taken out."""
    with pytest.raises(InventoryError) as caught:
        load(written(folder, text))
    return str(caught.value).replace(f"{folder}/", "")
