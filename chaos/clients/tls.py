"""The one TLS context of a lab: its own CA and nothing else. Made once and shared; each costs milliseconds."""

import ssl

from chaos.errors import InventoryError
from chaos.inventory import Inventory


def client_context(inventory: Inventory) -> ssl.SSLContext:
    """Trusts the lab's CA; checks names unless the inventory says otherwise. Raises InventoryError: the CA is no CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = inventory.tls.check_hostname
    if inventory.tls.ca is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=inventory.tls.ca)
    except (OSError, ssl.SSLError) as error:
        raise InventoryError(
            f"tls.ca {inventory.tls.ca} cannot be used: {error}; it must be a PEM file with the CA, or with the "
            "self-signed certificates of both nodes"
        ) from error
    return context
