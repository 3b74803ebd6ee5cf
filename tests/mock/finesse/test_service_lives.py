"""Services that start, stop and die in any order end up serving, with one CTI session and nothing left behind."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos import clock
from chaos.mock.service import ServiceState
from tests.mock.finesse.lab import lab

STEPS = st.tuples(
    st.sampled_from(["notification", "tomcat", "webapp", "a", "b"]),
    st.sampled_from(["start", "stop", "die", "kill while starting"]),
    st.sampled_from([0.0, 0.01, 1.0, 7.0]),
)


def play(main: Coroutine[Any, Any, None]) -> None:
    clock.run(main, virtual=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=10))
def test_after_any_history_everything_started_again_serves(steps: list[tuple[str, str, float]]) -> None:
    async def main() -> None:
        async with lab() as found:
            services: dict[str, Any] = {
                "notification": found.node.notification,
                "tomcat": found.node.tomcat,
                "webapp": found.node.webapp,
                "a": found.a,
                "b": found.b,
            }
            for name, verb, wait_s in steps:
                if verb == "kill while starting" and name in ("notification", "tomcat", "webapp"):
                    starting = asyncio.get_running_loop().create_task(services[name].start())
                    await asyncio.sleep(0)
                    await services[name].die()
                    await starting
                    assert services[name].state is ServiceState.STOPPED
                else:
                    await getattr(services[name], verb.partition(" ")[0].replace("kill", "die"))()
                await asyncio.sleep(wait_s)
            for name in ("a", "b", "notification", "tomcat", "webapp"):
                await services[name].start()
            await found.node.until_in_service()
            await asyncio.sleep(0.1)
            assert len(found.a.sessions) + len(found.b.sessions) == 1
            ann = await found.client()
            await ann.sign_in("2001")
            assert (await ann.get("User/1101")).status_code == 200

    play(main())
