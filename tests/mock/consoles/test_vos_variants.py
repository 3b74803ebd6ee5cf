"""The driver masters every variant of the mock node, on the virtual clock and on the ordinary one."""

import asyncio
from dataclasses import replace

import paramiko
import pytest

from chaos import clock
from chaos.clients.console import ConsoleExchange
from chaos.clients.console.errors import ActionRefused, ConsoleError, NoCommonAlgorithm, StateNotReached, UnknownService
from chaos.mock.consoles import ServerKey, VosVariants
from chaos.wire.console.service import ServiceState
from chaos.wire.console.vos import Confirmation
from chaos.wire.console.vos_dialogue import QUIET_S
from tests.mock.consoles.lab import NOTIFICATION, TOMCAT, FakeServices, vos_lab

KEY = ServerKey.generate()

QUICK = VosVariants(banner_s=0.05, list_s=0.05, status_every_s=0.05)
VARIANTS = {
    "as documented": VosVariants(),
    "banner takes a minute": VosVariants(banner_s=75.0),
    "prompt only after a newline": VosVariants(prompt_after_newline=True, banner_s=1.0),
    "keyboard-interactive only": VosVariants(interactive_only=True),
    "pager": VosVariants(pager=True, page_lines=3),
    "escape sequences": VosVariants(escapes=True),
    "80 columns": VosVariants(columns=80),
    "confirmation by a word": VosVariants(confirm=Confirmation.WORD),
    "confirmation by a letter": VosVariants(confirm=Confirmation.LETTER),
    "confirmation by Enter": VosVariants(confirm=Confirmation.ENTER),
    "old ciphers": VosVariants(old_ciphers=True),
    "brackets in a column": VosVariants(aligned=True),
    "all at once": VosVariants(
        banner_s=61.0,
        prompt_after_newline=True,
        interactive_only=True,
        pager=True,
        page_lines=2,
        escapes=True,
        columns=40,
        confirm=Confirmation.WORD,
        aligned=True,
    ),
}


@pytest.mark.parametrize("variants", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_is_mastered_on_the_virtual_clock(variants: VosVariants) -> None:
    services = FakeServices()

    async def play() -> None:
        async with vos_lab(KEY, services, variants, old_algorithms=variants.old_ciphers) as console:
            assert (await console.stop(NOTIFICATION)).state is ServiceState.STOPPED
            listed = {line.name: line for line in await console.services()}
            assert listed[NOTIFICATION].reason == "Commanded Out of Service"
            assert listed[TOMCAT].state is ServiceState.STARTED
            assert (await console.start(NOTIFICATION)).state is ServiceState.STARTED

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {NOTIFICATION}", f"start {NOTIFICATION}"]


@pytest.mark.parametrize(
    "variants",
    [
        QUICK,
        replace(
            QUICK,
            interactive_only=True,
            pager=True,
            page_lines=3,
            escapes=True,
            columns=80,
            confirm=Confirmation.LETTER,
        ),
    ],
    ids=["plain", "with everything quick"],
)
def test_the_ordinary_clock_does_as_well(variants: VosVariants) -> None:
    services = FakeServices(start_s=0.2, stop_s=0.1)

    async def play() -> float:
        async with vos_lab(KEY, services, variants, poll_s=0.05) as console:
            before_s = clock.now()
            assert (await console.restart(NOTIFICATION)).state is ServiceState.STARTED
            return clock.now() - before_s

    assert 0.3 <= clock.run(play(), virtual=False) < 5.0
    assert services.log == [f"stop {NOTIFICATION}", f"start {NOTIFICATION}"]


def test_a_slow_banner_costs_the_time_it_takes_and_no_more() -> None:
    seen: list[ConsoleExchange] = []

    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), VosVariants(banner_s=3.0), record=seen.append) as console:
            await console.services()

    clock.run(play(), virtual=True)
    assert seen[0].ended_s - seen[0].started_s == pytest.approx(3.0 + QUIET_S, abs=0.001)


def test_a_banner_beyond_the_deadline_is_a_typed_error_at_the_deadline() -> None:
    async def play() -> float:
        async with vos_lab(KEY, FakeServices(), VosVariants(banner_s=1000.0), deadline_s=90.0) as console:
            with pytest.raises(ConsoleError, match=r"finesse-a .* did not finish showing its prompt within 90 s"):
                await console.services()
            return clock.now()

    assert clock.run(play(), virtual=True) == pytest.approx(90.0, abs=0.1)


def test_an_unknown_service_is_not_acted_upon_and_the_known_ones_are_named() -> None:
    seen: list[ConsoleExchange] = []

    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), record=seen.append) as console:
            with pytest.raises(UnknownService, match=r"no service 'Cisco Finesse'; it has: .*Cisco Finesse Tomcat"):
                await console.stop("Cisco Finesse")

    clock.run(play(), virtual=True)
    assert not any("stop" in exchange.sent for exchange in seen)


def test_a_service_that_does_not_come_up_is_refused_with_the_nodes_reason() -> None:
    services = FakeServices(broken=frozenset({TOMCAT}))

    async def play() -> None:
        async with vos_lab(KEY, services) as console:
            with pytest.raises(ActionRefused, match=r"did not restart 'Cisco Finesse Tomcat': .*did not come up"):
                await console.restart(TOMCAT)

    clock.run(play(), virtual=True)


def test_the_transcripts_last_line_is_not_believed_the_listing_is() -> None:
    class Slow(FakeServices):
        """The node reports the end of a start before the service is up."""

        async def start(self, name: str) -> None:
            self.log.append(f"start {name}")
            self.states[name] = ServiceState.STARTING
            asyncio.get_running_loop().call_later(40.0, self.states.__setitem__, name, ServiceState.STARTED)

    services = Slow()

    async def play() -> float:
        async with vos_lab(KEY, services) as console:
            await console.stop(TOMCAT)
            before_s = clock.now()
            assert (await console.start(TOMCAT)).state is ServiceState.STARTED
            return clock.now() - before_s

    assert clock.run(play(), virtual=True) >= 40.0


def test_two_callers_take_turns_on_one_session() -> None:
    services = FakeServices()

    async def play() -> None:
        async with vos_lab(KEY, services, VosVariants(session_limit=1)) as console:
            stopped, listed = await asyncio.gather(console.stop(TOMCAT), console.services())
            assert stopped.state is ServiceState.STOPPED
            assert len(listed) > 5

    clock.run(play(), virtual=True)


def test_a_node_out_of_sessions_is_a_typed_error_with_its_words() -> None:
    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), VosVariants(session_limit=0)) as console:
            with pytest.raises(ConsoleError, match=r"ended the session .*maximum number of CLI sessions"):
                await console.services()

    clock.run(play(), virtual=True)


def test_a_console_is_opened_again_after_it_was_closed() -> None:
    async def play() -> None:
        async with vos_lab(KEY, FakeServices()) as console:
            await console.services()
            await console.close()
            await console.close()
            assert await console.services()

    clock.run(play(), virtual=True)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # for finite-field DH
def test_a_node_with_sha1_key_exchange_is_reached_or_the_remedy_is_named() -> None:
    knows_it = "diffie-hellman-group14-sha1" in paramiko.Transport._kex_info  # type: ignore[attr-defined]

    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), VosVariants(old_kex=True), old_algorithms=True) as console:
            if knows_it:
                assert await console.services()
                return
            with pytest.raises(NoCommonAlgorithm, match=r"no algorithm in common.*install 'paramiko>=4,<5'"):
                await console.services()

    clock.run(play(), virtual=True)


def test_many_consoles_log_in_at_once_and_none_waits_for_another() -> None:
    async def one() -> float:
        async with vos_lab(KEY, FakeServices(), VosVariants(banner_s=3.0, list_s=4.0)) as console:
            before_s = clock.now()
            await console.services()
            return clock.now() - before_s

    async def play() -> list[float]:
        return await asyncio.gather(*(one() for _ in range(12)))

    assert clock.run(play(), virtual=True) == pytest.approx([7.0 + QUIET_S] * 12, abs=0.01)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # for finite-field DH
@pytest.mark.parametrize("variants", [VosVariants(old_kex=True), VosVariants(old_ciphers=True)], ids=["kex", "ciphers"])
def test_old_algorithms_are_not_offered_unless_the_inventory_allows_them(variants: VosVariants) -> None:
    async def play() -> None:
        async with vos_lab(KEY, FakeServices(), variants) as console:
            with pytest.raises(NoCommonAlgorithm, match=r"ssh\.old_algorithms: true"):
                await console.services()

    clock.run(play(), virtual=True)


def test_an_action_goes_on_when_the_operator_hangs_up() -> None:
    services = FakeServices(stop_s=50.0)

    async def play() -> None:
        async with vos_lab(KEY, services, settle_s=20.0) as console:
            with pytest.raises(StateNotReached, match="is STOPPING instead of STOPPED after 20 s"):
                await console.stop(TOMCAT)
            await asyncio.sleep(services.stop_s)
            assert (await console.service(TOMCAT)).state is ServiceState.STOPPED

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {TOMCAT}"]


# --- how long a start may take (k7)


@pytest.mark.parametrize("status_every_s", [2.0, 1000.0], ids=["said", "in silence"])
def test_a_start_that_outlasts_the_console_deadline_is_waited_for(status_every_s: float) -> None:
    services = FakeServices(start_s=32.0)

    async def play() -> None:
        variants = VosVariants(status_every_s=status_every_s)
        async with vos_lab(KEY, services, variants, deadline_s=20.0, settle_s=100.0) as console:
            await console.stop(TOMCAT)
            assert (await console.start(TOMCAT)).state is ServiceState.STARTED

    clock.run(play(), virtual=True)
    assert services.log == [f"stop {TOMCAT}", f"start {TOMCAT}"]


def test_a_start_has_the_time_that_settle_s_says_and_no_more() -> None:
    async def play() -> float:
        services = FakeServices(start_s=1000.0)
        async with vos_lab(KEY, services, deadline_s=20.0, settle_s=100.0) as console:
            await console.stop(TOMCAT)
            before_s = clock.now()
            with pytest.raises(StateNotReached, match=r"is STARTING.* instead of STARTED after 100 s"):
                await console.start(TOMCAT)
            return clock.now() - before_s

    assert 90.0 <= clock.run(play(), virtual=True) <= 130.0


def test_a_start_while_the_service_is_still_stopping_is_given_again() -> None:
    """k2: at that moment the order is refused or swallowed, and nobody will ever carry it out."""
    services = FakeServices(stop_s=40.0)

    async def play() -> float:
        async with vos_lab(KEY, services) as console:
            stopping = asyncio.create_task(services.stop(TOMCAT))
            await asyncio.sleep(1.0)
            before_s = clock.now()
            assert (await console.start(TOMCAT)).state is ServiceState.STARTED
            await stopping
            return clock.now() - before_s

    assert clock.run(play(), virtual=True) < 70.0
    assert services.log == [f"stop {TOMCAT}", f"start {TOMCAT}"]


def test_a_node_that_is_stopped_leaves_no_task_behind() -> None:
    async def play() -> set[str]:
        async with vos_lab(KEY, FakeServices(start_s=1000.0), settle_s=30.0, deadline_s=30.0) as console:
            with pytest.raises(StateNotReached):
                await console.restart(TOMCAT)
        await asyncio.sleep(1.0)
        return {task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    assert clock.run(play(), virtual=True) == set()
