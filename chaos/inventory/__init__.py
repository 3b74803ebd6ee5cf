"""The typed lab: hosts, links, accounts, agents, release. Loading opens the inventory file and nothing else."""

from chaos.inventory.fieldtypes import Endpoint, endpoint
from chaos.inventory.model import (
    AT_WORK_LEAST,
    Account,
    Agent,
    Awdb,
    AwHost,
    Command,
    Cti,
    CtiServer,
    FinesseNode,
    Host,
    Inventory,
    Link,
    LinkName,
    MockOptions,
    MockVariants,
    Phone,
    Phones,
    Release,
    Ssh,
    Timing,
    Tls,
    ToxiproxyServer,
)
from chaos.inventory.reading import check, load, resolved
from chaos.inventory.rules import secrets_of
from chaos.inventory.secret import Secret
from chaos.inventory.writing import dump

__all__ = [
    "AT_WORK_LEAST",
    "Account",
    "Agent",
    "AwHost",
    "Awdb",
    "Command",
    "Cti",
    "CtiServer",
    "Endpoint",
    "FinesseNode",
    "Host",
    "Inventory",
    "Link",
    "LinkName",
    "MockOptions",
    "MockVariants",
    "Phone",
    "Phones",
    "Release",
    "Secret",
    "Ssh",
    "Timing",
    "Tls",
    "ToxiproxyServer",
    "check",
    "dump",
    "endpoint",
    "load",
    "resolved",
    "secrets_of",
]
