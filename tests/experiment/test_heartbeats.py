"""When a link may be silenced: while none of its heartbeats is being confirmed, however late its CTI server is."""

import asyncio

from chaos.clock import now
from chaos.experiment.draws import Draws
from chaos.experiment.stage import Stage
from chaos.journal import CtiSeen, CtiStep
from tests.experiment.labs import OpenLab, in_lab


def test_a_heartbeat_that_is_confirmed_late_is_waited_for_and_one_that_never_is_is_not() -> None:
    async def story(on: OpenLab) -> None:
        journal = on.journal()
        stage = Stage(on.lab, journal, on.field(journal), Draws(None, "a test"))

        def beat(step: CtiStep, invoke_id: int) -> None:
            seen = CtiSeen(side="b", connection=9, step=step, client="fin-a", invoke_id=invoke_id)
            journal.observe(seen)

        assert stage.confirms_within_s("b") == 0.0
        beat(CtiStep.HEARTBEAT_REQ, 1)
        await asyncio.sleep(2.0)
        beat(CtiStep.HEARTBEAT_CONF, 1)
        assert round(stage.confirms_within_s("b"), 3) == 2.0
        assert stage.confirms_within_s("a") < 1.0
        await asyncio.sleep(3.0)
        beat(CtiStep.HEARTBEAT_REQ, 2)
        asked_s = now()
        asyncio.get_running_loop().call_later(2.0, beat, CtiStep.HEARTBEAT_CONF, 2)
        await stage.until_between_heartbeats("b")
        assert 2.0 <= now() - asked_s < 3.0
        await asyncio.sleep(3.0)
        beat(CtiStep.HEARTBEAT_REQ, 3)  # which nobody confirms
        asked_s = now()
        await stage.until_between_heartbeats("b")
        assert now() - asked_s < 3.5

    in_lab(story)
