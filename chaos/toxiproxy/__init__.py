"""A Toxiproxy 2.12-compatible server in pure Python, so that a fresh machine needs no binary.

It speaks the original's whole HTTP API and has every toxic, without its hangs: no call waits for a peer. Usable alone.
"""

from chaos.toxiproxy.errors import AddressError
from chaos.toxiproxy.server import ToxiproxyServer, serve

__all__ = ["AddressError", "ToxiproxyServer", "serve"]
