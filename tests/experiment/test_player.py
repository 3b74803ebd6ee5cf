"""The player: steady state, story, steady state, all of it in one journal, whatever happens."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chaos import clock
from chaos.clients.events import EventStream
from chaos.errors import ChaosError, EvidenceError, RollbackFailed
from chaos.experiment import Experiment, Stage, people, play
from chaos.faults.base import Fault, Field
from chaos.faults.noop import NothingHappens
from chaos.journal import (
    CtiSeen,
    CtiStep,
    Ended,
    EventSeen,
    FaultPhase,
    FaultSeen,
    Header,
    RestExchange,
    SteadyState,
    Step,
    SwitchLooked,
    Timeline,
    load,
)
from tests.experiment.labs import MOCK, OpenLab, in_lab, opened

Story = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Trial(Fault):
    """Breaks nothing, proves both, and can be told that its rollback fails."""

    rollback_fails: bool = False

    @property
    def name(self) -> str:
        return "trial"

    async def inject(self, field: Field) -> None:
        await asyncio.sleep(1.0)

    async def rollback(self, field: Field) -> None:
        if self.rollback_fails:
            raise ChaosError("the console is gone")
        await asyncio.sleep(1.0)

    def bitten(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return "it bit"

    def lifted(self, timeline: Timeline, from_s: float, field: Field) -> str | None:
        return "it lifted"


def _experiment(story: Story) -> Experiment:
    return Experiment("trial", "A trial", story)


async def _played(on: OpenLab, story: Story, path: Path | None = None) -> Timeline:
    return await play(_experiment(story), on.lab, path, seed=7)


def _phases(timeline: Timeline) -> list[str]:
    return [seen.phase.value for seen in timeline.of(FaultSeen)]


def test_a_journal_has_its_header_first_and_its_end_last_and_is_saved_as_it_was(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.step("the only step")
        async with stage.fault(Trial()) as fault:
            await stage.bite(fault)
            await stage.watch(30.0)

    path = tmp_path / "trial.jsonl"
    timeline = in_lab(lambda on: _played(on, story, path))
    first, last = timeline.observations[0], timeline.observations[-1]
    assert isinstance(first, Header)
    assert (first.experiment, first.seed, first.clock, first.lab) == ("trial", 7, "virtual", "mock")
    assert first.nodes == ("fin-a.mock.test", "fin-b.mock.test")
    assert isinstance(last, Ended)
    assert last.error is None
    assert _phases(timeline) == ["injecting", "injected", "bitten", "held", "rolling-back", "rolled-back", "lifted"]
    assert [(seen.when, seen.ok) for seen in timeline.of(SteadyState)] == [("before", True), ("after", True)]
    assert [seen.title for seen in timeline.of(Step)] == ["the only step"]
    assert load(path) == timeline


def test_sessions_that_stand_already_are_noted_and_probes_look_on_beside_the_story() -> None:
    async def story(stage: Stage) -> None:
        async with stage.fault(Trial()):
            await stage.watch(60.0)

    async def twice(on: OpenLab) -> Timeline:
        await _played(on, story)
        return await _played(on, story)

    timeline = in_lab(twice)
    standing = timeline.of(CtiSeen, lambda seen: seen.step is CtiStep.STANDING and not seen.is_ours)
    assert {seen.client for seen in standing} == {"fin-a.mock.test", "fin-b.mock.test"}
    looks = timeline.of(RestExchange, lambda seen: seen.agent is None and seen.resource == "GET SystemInfo")
    for node in timeline.header.nodes:
        assert len([seen for seen in looks if seen.node == node]) >= 60 / 5
    asked = {seen.agent for seen in timeline.of(RestExchange) if seen.resource.endswith("Dialogs")}
    assert len(asked) == 4


def test_no_secret_stands_in_a_journal(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        stage.step("somebody says mock-anna aloud")

    path = tmp_path / "trial.jsonl"
    in_lab(lambda on: _played(on, story, path))
    text = path.read_text(encoding="utf-8")
    passwords = [line.split("password: ")[1].split(",")[0].strip(" }") for line in _lines_with_passwords()]
    assert len(passwords) > 5
    assert not [password for password in passwords if password in text]


def _lines_with_passwords() -> list[str]:
    return [line for line in MOCK.read_text(encoding="utf-8").splitlines() if "password: mock-" in line]


def test_without_a_steady_state_nothing_is_played() -> None:
    played: list[str] = []

    async def story(stage: Stage) -> None:
        played.append("the story")

    async def without_a_node(on: OpenLab) -> Timeline:
        await on.mock.nodes["fin-b.mock.test"].stop()
        return await _played(on, story)

    timeline = in_lab(without_a_node)
    assert not played
    assert timeline.ended is not None
    assert timeline.ended.error == "there was no steady state to begin with"
    assert [(seen.when, seen.ok) for seen in timeline.of(SteadyState)] == [("before", False)]


def test_a_story_that_is_cut_short_still_rolls_back_and_waits_for_the_steady_state() -> None:
    async def story(stage: Stage) -> None:
        async with stage.fault(Trial()):
            raise EvidenceError("nothing to be seen")

    timeline = in_lab(lambda on: _played(on, story))
    assert timeline.ended is not None
    assert timeline.ended.error == "nothing to be seen"
    assert "rolled-back" in _phases(timeline)
    assert [(seen.when, seen.ok) for seen in timeline.of(SteadyState)] == [("before", True), ("after", True)]


def test_a_fault_that_does_not_bite_is_told_and_rolled_back() -> None:
    async def story(stage: Stage) -> None:
        async with stage.fault(NothingHappens()) as fault:
            await stage.bite(fault)

    timeline = in_lab(lambda on: _played(on, story))
    assert timeline.ended is not None
    assert timeline.ended.error == "fault nothing-happens did not bite within 0 s"
    assert _phases(timeline) == ["injecting", "injected", "not-bitten", "rolling-back", "rolled-back", "lifted"]


def test_a_rollback_that_fails_is_raised_and_stands_at_the_end_of_the_journal(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        async with stage.fault(Trial(rollback_fails=True)):
            pass

    path = tmp_path / "trial.jsonl"

    async def broken(on: OpenLab) -> None:
        with pytest.raises(RollbackFailed, match="the lab is still broken"):
            await _played(on, story, path)
        assert on.lab.journal is None

    in_lab(broken)
    timeline = load(path)
    assert timeline.ended is not None
    assert "could not be rolled back" in (timeline.ended.error or "")
    assert _phases(timeline).count("failed") == 2


def test_a_cancelled_experiment_is_rolled_back_at_once_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "trial.jsonl"
    under_way = asyncio.Event()

    async def story(stage: Stage) -> None:
        async with stage.fault(Trial()):
            under_way.set()
            await stage.watch(3600.0)

    async def cancelled(on: OpenLab) -> None:
        playing = asyncio.ensure_future(_played(on, story, path))
        await under_way.wait()
        before_s = clock.now()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        assert clock.now() - before_s == pytest.approx(1.0), "the rollback, and no waiting for proofs"
        assert on.lab.journal is None

    in_lab(cancelled)
    timeline = load(path)
    assert timeline.ended is not None
    assert timeline.ended.error == "interrupted"
    assert FaultPhase.ROLLED_BACK in [seen.phase for seen in timeline.of(FaultSeen)]


def test_until_told_waits_for_every_node() -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(EvidenceError, match="not seen within 20 s: OUT_OF_SERVICE from fin-a"):
            await stage.until_told("OUT_OF_SERVICE", within_s=20.0)
        await stage.until_told("IN_SERVICE", within_s=20.0)

    timeline = in_lab(lambda on: _played(on, story))
    assert timeline.ended is not None
    assert timeline.ended.error is None


def test_two_experiments_on_one_lab_have_journals_of_their_own() -> None:
    async def story(stage: Stage) -> None:
        await stage.agents[0].user()
        await stage.watch(20.0)

    async def main() -> tuple[Timeline, Timeline]:
        async with opened() as on:
            first = await _played(on, story)
            await asyncio.sleep(7200.0)
            return first, await _played(on, story)

    first, second = clock.run(main(), virtual=True)
    assert datetime.fromisoformat(second.header.started) <= datetime.now(UTC), "hours of the lab's time are no date"
    assert first.observations[0].at_s == second.observations[0].at_s == 0.0
    assert first.of(EventSeen), "the first one sees everybody sign in"
    assert second.end_s < first.end_s + 1.0


def test_a_telephone_that_loses_its_server_hears_again_by_itself_and_asks_how_everybody_is() -> None:
    """Found by exploring: a forced logout was told to nobody, and the product was blamed for doing nothing."""
    states: list[bool] = []

    async def story(stage: Stage) -> None:
        switch = stage.switch
        assert switch._session is not None
        switch._session.reset("cut by a test")
        states.append(switch.is_open)
        await stage.watch(1.0)
        states.append(switch.is_open)

    timeline = in_lab(lambda on: _played(on, story))
    assert states == [False, True]
    asked = [seen.agent for seen in timeline.of(SwitchLooked)]
    assert [asked.count(agent) for agent, _ in timeline.header.agents] == [2, 2, 2, 2], "once before the story"


def test_a_probe_that_dies_of_a_bug_ends_the_experiment_which_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would look on from then on, and silence would be taken for an answer."""

    def broken(probe: object) -> Callable[[], Awaitable[None]]:
        async def look() -> None:
            raise ZeroDivisionError("a bug of ours")

        return look

    monkeypatch.setattr("chaos.experiment.player._system_info", broken)
    reached: list[str] = []

    async def story(stage: Stage) -> None:
        async with stage.fault(Trial()) as fault:
            await stage.bite(fault)
            await stage.watch(600.0)
            reached.append("the end")

    timeline = in_lab(lambda on: _played(on, story, tmp_path / "trial.jsonl"))
    assert not reached
    assert timeline.ended is not None
    assert re.match(
        r"looking at SystemInfo of fin-[ab].mock.test ended by ZeroDivisionError", str(timeline.ended.error)
    )
    assert "rolled-back" in _phases(timeline)


def test_a_cancelled_experiment_leaves_nobody_at_the_telephone() -> None:
    """The next preflight would take whoever still talks for somebody at work, and refuse the lab."""
    talking = asyncio.Event()

    async def story(stage: Stage) -> None:
        async with stage.fault(Trial()):
            await people.call(stage, *stage.agents[:2])
            talking.set()
            await stage.watch(3600.0)

    async def cancelled(on: OpenLab) -> None:
        playing = asyncio.ensure_future(_played(on, story, None))
        await talking.wait()
        switch = on.lab.switch
        assert switch is not None
        at = [agent.agent.extension for agent in on.lab.agents]
        assert sum([len(await switch.calls_at(extension)) for extension in at]) == 2
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        assert not any([await switch.calls_at(extension) for extension in at])

    in_lab(cancelled)


def test_a_story_that_is_broken_off_leaves_no_client_of_spare_people() -> None:
    async def broken_off(stage: Stage) -> None:
        windows.append(stage.second_client(stage.agents[0]))
        assert await windows[0].open()
        assert await stage.spare[0].events.open()
        raise EvidenceError("nothing was to be seen")

    async def trial(on: OpenLab) -> None:
        await _played(on, broken_off)
        assert [one.id for one in (*on.lab.agents, *on.lab.spare) if one.events.is_open] == [
            one.id for one in on.lab.agents
        ]
        assert not windows[0].is_open

    windows: list[EventStream] = []
    in_lab(trial)
