"""What a node asks when it tells its clients that it goes out of service."""

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.client import ClientDefect as D
from chaos.mock.defects.hooks import Hooks
from chaos.wire.finesse import SystemStatus

EVENT, PRESENCE = "event", "presence"
_UNTOLD = {
    EVENT: (D.LAST_COMER_UNTOLD, D.LAST_COMER_UNTOLD_WITHOUT_CTI),
    PRESENCE: (D.LAST_COMER_UNTOLD, D.LAST_COMER_UNTOLD_WITHOUT_TOMCAT, D.LAST_COMER_UNTOLD_WITHOUT_WEBAPP),
}
_OTHERS = {
    EVENT: (D.OTHERS_UNTOLD_WITHOUT_CTI,),
    PRESENCE: (D.OTHERS_UNTOLD_WITHOUT_TOMCAT, D.OTHERS_UNTOLD_WITHOUT_WEBAPP),
}
_SHOWN = {EVENT: D.SAYS_IN_SERVICE_WITHOUT_CTI, PRESENCE: D.SAYS_IN_SERVICE_WITHOUT_WEBAPP}


class TellingHooks(Hooks):
    """Asked by the notification service. by: EVENT or PRESENCE."""

    _shown_until_s = 0.0

    def tells_loss(self, by: str) -> None:
        """Clients are told of a loss now."""
        one = self._bites(_SHOWN[by], facts={Axis.TRIGGER: by}) if self._breaks else None
        self._shown_until_s = 0.0 if one is None else self._now_s() + one.number(Axis.LATE)

    def status_told(self, proper: SystemStatus) -> SystemStatus:
        """What SystemInfo shows once clients have been told: the same (CLIENT-18, -20)."""
        is_old = bool(self._shown_until_s) and self._now_s() < self._shown_until_s
        return SystemStatus.IN_SERVICE if is_old else proper

    def tells_first_only(self, by: str) -> bool:
        """Whether of each person's clients only the first is told of a loss: all are (CLIENT-17, -18, -20)."""
        return bool(self._breaks) and any(self._bites(one, facts={Axis.TRIGGER: by}) for one in _OTHERS[by])

    def leaves_out_last(self, by: str) -> bool:
        """Whether the client that came last is not told of a loss: all are (CLIENT-01, -17, -18, -20)."""
        return bool(self._breaks) and any(self._bites(one, facts={Axis.TRIGGER: by}) for one in _UNTOLD[by])
