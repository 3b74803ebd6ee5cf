"""The typed lab: hosts, links, accounts, agents, release. Loading opens the inventory file and nothing else."""

from chaos.inventory.fieldtypes import Endpoint, endpoint
from chaos.inventory.hosts import Awdb, AwHost, Cti, CtiServer, FinesseNode, Host, Ssh
from chaos.inventory.mocks import MockOptions, MockVariants
from chaos.inventory.model import AT_WORK_LEAST, MOCK_ORDERS, Inventory, LinkName, Release, Timing, Transport
from chaos.inventory.people import Agent, Phone, Phones
from chaos.inventory.reading import check, load, resolved
from chaos.inventory.rules import public_names, secrets_of
from chaos.inventory.secret import Secret
from chaos.inventory.section import Account, Tls
from chaos.inventory.ways import Command, Link, ToxiproxyServer
from chaos.inventory.writing import dump

__all__ = [
    "AT_WORK_LEAST",
    "MOCK_ORDERS",
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
    "Transport",
    "check",
    "dump",
    "endpoint",
    "load",
    "public_names",
    "resolved",
    "secrets_of",
]
