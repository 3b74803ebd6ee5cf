"""All hooks of one node in one object."""

from chaos.mock.finesse.hooks.catching_up import CatchingUpHooks
from chaos.mock.finesse.hooks.credentials import CredentialHooks
from chaos.mock.finesse.hooks.link import LinkHooks
from chaos.mock.finesse.hooks.presence import PresenceHooks


class NodeDefects(LinkHooks, CatchingUpHooks, CredentialHooks, PresenceHooks):
    """What one node's code asks. Without breaks it is a sound product."""
