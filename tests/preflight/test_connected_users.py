"""How many users a node says are connected to it."""

import pytest

from chaos.preflight.people import _total_in
from chaos.wire.finesse import UnknownPayload

DOCUMENTED = """<ConnectedUsersInfo>
  <userSummary>
    <desktopUsers>1</desktopUsers><fippaUsers>0</fippaUsers><thirdPartyUsers>2</thirdPartyUsers>
    <totalConnectedUsers>3</totalConnectedUsers><totalConnectedUsersViaProxy>0</totalConnectedUsersViaProxy>
  </userSummary>
  <uri>/finesse/api/ConnectedUsersInfo</uri>
</ConnectedUsersInfo>"""


@pytest.mark.parametrize(
    ("xml", "total"),
    [
        (DOCUMENTED, 3),
        ("<ConnectedUsersInfo><totalConnectedUsers>4</totalConnectedUsers></ConnectedUsersInfo>", 4),
        ("<ConnectedUsersInfo><userSummary/></ConnectedUsersInfo>", None),
        ("<ConnectedUsersInfo><totalConnectedUsers>many</totalConnectedUsers></ConnectedUsersInfo>", None),
    ],
)
def test_the_number_of_connected_users_stands_in_the_summary(xml: str, total: int | None) -> None:
    assert _total_in(UnknownPayload("ConnectedUsersInfo", xml)) == total
