"""A Finesse node of the mock: notification service (XMPP), Tomcat (REST), Webapp (CTI client)."""

from chaos.mock.finesse.administration import Administration, CtiSettings
from chaos.mock.finesse.config import Address, NodeConfig, NodeOptions, ReasonRecord, Side, UserRecord
from chaos.mock.finesse.credentials import Checked, Credentials, FixedCredentials
from chaos.mock.finesse.node import FinesseNode

__all__ = [
    "Address",
    "Administration",
    "Checked",
    "Credentials",
    "CtiSettings",
    "FinesseNode",
    "FixedCredentials",
    "NodeConfig",
    "NodeOptions",
    "ReasonRecord",
    "Side",
    "UserRecord",
]
