"""What a node asks about people whose refresh token has expired: how the forced logout is forwarded."""

from collections.abc import Callable
from dataclasses import replace

from chaos.mock.defects.axes import Axis
from chaos.mock.defects.narrowing import Break
from chaos.mock.defects.tokens import TokenDefect as D
from chaos.mock.finesse.hooks.presence import PresenceHooks, state_word
from chaos.wire.ged188.agents import SetAgentStateReq
from chaos.wire.ged188.values import ForcedFlag


class ExpiryHooks(PresenceHooks):
    """Asked by `ForcedLogouts` when a desktop asks for a forced logout itself."""

    def forwards_after_s(self, user: str, state: int) -> float | None:
        """So long after it was asked for it goes to the CTI server: at once (DESKTOP-14); None: it does not."""
        if not self._breaks:
            return 0.0
        if self._expiry(D.EXPIRY_NOT_FORWARDED, user, state):
            return None
        if self._lost_lately(user) and self._expiry(D.EXPIRY_OF_SECOND_DESKTOP_IGNORED, user, state):
            return None
        late = self._expiry(D.EXPIRY_FORWARDED_LATE, user, state)
        return late.number(Axis.LATE) if late else 0.0

    def forwards_again_s(self, user: str, state: int) -> float | None:
        """How long after that it goes there once more: it does not, None (DESKTOP-14)."""
        again = self._expiry(D.EXPIRY_FORWARDED_TWICE, user, state) if self._breaks else None
        return again.number(Axis.LATE) if again else None

    def forwards_after_call(self, user: str, state: int) -> bool:
        """Whether it waits for the end of a call: it does not, what becomes of the call is the CTI server's affair
        (DESKTOP-14)."""
        return bool(self._breaks and self._expiry(D.EXPIRY_AFTER_CALL, user, state))

    def forwarded(self, request: SetAgentStateReq, state: int, present: Callable[[], str | None]) -> SetAgentStateReq:
        """What is forwarded: the logout of this agent, with code 255 (DESKTOP-14). present: as of `forced_logout`."""
        user = request.agent_id or ""
        if not self._breaks:
            return request
        if self._expiry(D.EXPIRY_WITH_ANOTHER_CODE, user, state):
            return replace(request, event_reason_code=0)
        if self._expiry(D.EXPIRY_NOT_FORCED, user, state):
            return replace(request, forced_flag=ForcedFlag.NO)
        if self._expiry(D.EXPIRY_OF_SOMEBODY_ELSE, user, state):
            other = present()
            return replace(request, agent_id=other, agent_instrument=None) if other else request
        return request

    def forwards_for_another_telephone(self, user: str, state: int) -> bool:
        """Is another agent's telephone named? It is his own (DESKTOP-14)."""
        return bool(self._breaks and self._expiry(D.EXPIRY_AT_ANOTHER_TELEPHONE, user, state))

    def _expiry(self, defect: D, user: str, state: int) -> Break | None:
        return self._bites(defect, facts={Axis.AGENT: self._agent(user), Axis.STATE: state_word(state)})
