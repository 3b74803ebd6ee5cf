"""All hooks of one node in one object."""

from chaos.mock.finesse.hooks.catching_up import CatchingUpHooks
from chaos.mock.finesse.hooks.credentials import CredentialHooks
from chaos.mock.finesse.hooks.expiries import ExpiryHooks
from chaos.mock.finesse.hooks.link import LinkHooks


class NodeDefects(LinkHooks, CatchingUpHooks, CredentialHooks, ExpiryHooks):
    """What one node's code asks. Without breaks it is a sound product."""
