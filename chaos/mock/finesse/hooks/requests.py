"""What Tomcat asks about a request before it serves it: whether the node's service lets it through."""

from chaos.mock.defects.axes import ROUTES
from chaos.mock.defects.catalogue import Defect
from chaos.mock.finesse.hooks.story import NodeStory
from chaos.wire.finesse import SystemStatus

UNAVAILABLE = 503

# What a broken node says in the gap instead, in the order in which breaks are looked at. None: it serves the request.
_IN_GAP: tuple[tuple[Defect, int | None], ...] = (
    (Defect.GAP_ANSWERS, None),
    (Defect.GAP_500, 500),
)


class RequestHooks(NodeStory):
    """Asked for each request to the API but SystemInfo, which is how clients learn of a fail-over."""

    def refusal(self, status: SystemStatus) -> int | None:
        """The status with which the service refuses the request that is served now; None: it is let through.

        503 while out of service (CTI-06), and none in service (CTI-08).
        """
        proper = None if status is SystemStatus.IN_SERVICE else UNAVAILABLE
        request = self._served()
        if not self._breaks or request is None or request.resource not in ROUTES:
            return proper
        if self._in_gap and proper is not None:
            for defect, answer in _IN_GAP:
                if self._bites(defect, since_s=self._gap_lasts_s(), key=self._losses):
                    return answer
        elif self._reconnected and proper is None and self._refuses_still():
            return UNAVAILABLE
        return proper

    def _refuses_still(self) -> bool:
        since_s = self._back_for_s()
        return self._bites(Defect.REFUSES_AFTER_RECONNECT, since_s=since_s, key=self._losses) is not None
