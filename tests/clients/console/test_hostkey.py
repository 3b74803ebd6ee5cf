"""Host keys are pinned; nothing else is trusted."""

import pytest

from chaos.clients.console import hostkey
from chaos.clients.console.errors import HostKeyRefused
from chaos.errors import InventoryError

# Made by ssh-keygen -t ed25519 for this test; its fingerprint as `ssh-keygen -l` printed it.
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGukwGeEBCAgMP6Pi8JXOO6USTxR3cws/T1mjLiTvbVB"
FINGERPRINT = "SHA256:dI6imI+KsYkm1/xoE8ExuLzVD0orQbKgMJpt+sOn5wk"


@pytest.mark.parametrize("pin", [LINE, f"finesse-a.lab {LINE}", f"[10.0.0.1]:2222 {LINE} root@lab", f"  {LINE}\n"])
def test_a_pin_is_read_as_the_tools_print_it(pin: str) -> None:
    key = hostkey.parse_pin(pin, "finesse-a")
    assert key is not None
    assert (key.line, key.fingerprint) == (LINE, FINGERPRINT)


@pytest.mark.parametrize("pin", ["", "  "])
def test_no_pin_is_no_key(pin: str) -> None:
    assert hostkey.parse_pin(pin, "finesse-a") is None


@pytest.mark.parametrize("pin", ["yes", "ssh-ed25519", "ssh-ed25519 AAAA", f"ssh-rsa {LINE.split()[1]}", FINGERPRINT])
def test_a_pin_that_is_no_key_is_an_error_of_the_inventory(pin: str) -> None:
    with pytest.raises(InventoryError, match="host_key of finesse-a is no public key"):
        hostkey.parse_pin(pin, "finesse-a")


def test_an_unpinned_key_is_refused_with_the_line_that_pins_it() -> None:
    offered = hostkey.parse_pin(LINE, "x")
    assert offered is not None
    with pytest.raises(HostKeyRefused) as caught:
        hostkey.check(None, offered, host="finesse-a", address="10.0.0.1", port=22)
    assert f'host_key: "{LINE}"' in str(caught.value)
    assert "ssh-keyscan -p 22 -t ed25519 10.0.0.1" in str(caught.value)
    assert FINGERPRINT in str(caught.value)


def test_a_changed_key_is_refused_and_both_fingerprints_are_told() -> None:
    offered = hostkey.parse_pin(LINE, "x")
    assert offered is not None
    pinned = hostkey.HostKey("ssh-rsa", b"\0\0\0\x07ssh-rsa" + bytes(64))
    with pytest.raises(HostKeyRefused, match="has changed") as caught:
        hostkey.check(pinned, offered, host="finesse-a", address="10.0.0.1", port=22)
    assert pinned.fingerprint in str(caught.value)
    assert f'host_key: "{LINE}"' in str(caught.value)
