"""All hooks of one node in one object."""

from chaos.mock.finesse.hooks.catching_up import CatchingUpHooks
from chaos.mock.finesse.hooks.credentials import CredentialHooks
from chaos.mock.finesse.hooks.expiries import ExpiryHooks
from chaos.mock.finesse.hooks.link import LinkHooks
from chaos.mock.finesse.hooks.telling import TellingHooks


class NodeDefects(LinkHooks, CatchingUpHooks, CredentialHooks, ExpiryHooks, TellingHooks):
    """What one node's code asks. Without breaks it is a sound product."""
