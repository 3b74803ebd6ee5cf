"""Mock CTI servers: side A and side B before one peripheral, speaking GED-188 on real sockets."""

from chaos.mock.cti_server.options import CtiOptions, Role, SessionInfo, Side, StandbyAnswer
from chaos.mock.cti_server.pair import CtiPair, Variant
from chaos.mock.cti_server.server import CtiServer

__all__ = ["CtiOptions", "CtiPair", "CtiServer", "Role", "SessionInfo", "Side", "StandbyAnswer", "Variant"]
