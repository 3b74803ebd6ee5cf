"""Which bodies show settings that were read before."""

import pytest

from chaos.clients.shown import Known

SYSTEM = b"""<SystemConfig><uri>/finesse/api/SystemConfig</uri><cti><host>10.0.0.7</host><port>42027</port>
<backupHost>pg-b.lab</backupHost><backupPort>43027</backupPort><peripheralId>5</peripheralId></cti></SystemConfig>"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SYSTEM, True),
        (b"<ErrorData>" + SYSTEM.replace(b"<", b"&lt;") + b"</ErrorData>", True),
        (b"<ErrorMessage>10.0.0.7:42027, PG-B.LAB</ErrorMessage>", True),
        (b"<ErrorMessage>10.0.0.7 and pg-b.lab cannot be reached</ErrorMessage>", False),  # hosts alone
        (b"<ErrorData>/finesse/api/SystemConfig</ErrorData>", False),
        (b"", False),
    ],
)
def test_most_of_its_values_show_a_setting(body: bytes, expected: bool) -> None:
    known = Known()
    known.read("GET SystemConfig", SYSTEM)
    assert known.is_shown("GET SystemConfig", body) is expected


def test_one_value_alone_and_what_was_never_read_show_nothing() -> None:
    known = Known()
    known.read("GET ClusterConfig", b"<ClusterConfig><host>fin-b.lab</host></ClusterConfig>")
    assert not known.is_shown("GET ClusterConfig", b"fin-b.lab")
    assert not known.is_shown("GET SystemConfig", SYSTEM)
