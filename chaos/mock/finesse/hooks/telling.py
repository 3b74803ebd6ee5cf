"""What a node asks when it tells its clients that it goes out of service."""

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.client import ClientDefect as D
from chaos.mock.defects.hooks import Hooks

EVENT, PRESENCE = "event", "presence"
_UNTOLD = {
    EVENT: (D.LAST_COMER_UNTOLD, D.LAST_COMER_UNTOLD_WITHOUT_CTI),
    PRESENCE: (D.LAST_COMER_UNTOLD, D.LAST_COMER_UNTOLD_WITHOUT_TOMCAT, D.LAST_COMER_UNTOLD_WITHOUT_WEBAPP),
}


class TellingHooks(Hooks):
    """Asked by the notification service. by: EVENT or PRESENCE."""

    def leaves_out_last(self, by: str) -> bool:
        """Whether the client that came last is not told of a loss: all are (CLIENT-01, -17, -18, -20)."""
        return bool(self._breaks) and any(self._bites(one, facts={Axis.TRIGGER: by}) for one in _UNTOLD[by])
