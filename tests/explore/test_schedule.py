"""Schedules as values: drawn by number, written and read back, made simpler. Nothing is played here."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.errors import UsageError
from chaos.explore import file
from chaos.explore.drawing import PHASES, SEAT_PHASES, drawn, enumerated, known_kinds
from chaos.explore.grammar import CTI_FAULTS, DESERTIONS, FAULTS, LOSSES, NEEDS_SESSIONS
from chaos.explore.schedule import IN_USE, OTHER, ROLES, SEAT_OF, Break, Do, Doing, Moment, Schedule, Seat, State, When
from chaos.explore.shrinking import shrunk, simpler, without

RESET = Break("sessions-reset", "a", Moment(When.START, 1, 1.5), 0.5)
CUT = Break("link-cut", "b", Moment(When.OPENED, 2), 25.0)
DATA = Do(Doing.DATA, 1, Moment(When.BEGUN, 2, 3.0))


def test_a_number_is_one_schedule_wherever_it_is_drawn() -> None:
    assert [drawn(7, number) for number in range(50)] == [drawn(7, number) for number in range(50)]
    assert [drawn(7, number) for number in range(50)] != [drawn(8, number) for number in range(50)]


def test_ten_thousand_numbers_are_ten_thousand_schedules() -> None:
    assert len({drawn(3, number) for number in range(10_000)}) == 10_000


def test_single_faults_come_first_each_in_every_state_then_every_pair_at_every_moment() -> None:
    singles, pairs = enumerated()
    first = {(one.breaks[0].fault, one.breaks[0].side) for one in (drawn(5, number) for number in range(singles))}
    assert first == {(kind, side) for kind in FAULTS for side in "ab"}
    assert all(len(drawn(5, number).breaks) == 1 for number in range(singles))
    seconds = {
        (one.fault, one.side, one.at)
        for one in (drawn(5, number).breaks[1] for number in range(singles, singles + pairs))
    }
    every = {*PHASES, *SEAT_PHASES}
    of_nodes = {(kind, side, at) for kind in FAULTS.keys() - CTI_FAULTS for side in "ab" for at in every}
    assert {one for one in seconds if one[0] not in CTI_FAULTS} == of_nodes
    # A link's second fault comes at every moment on either side, unless it would change nothing there.
    links = {one for one in seconds if one[0] in CTI_FAULTS}
    assert links <= {(kind, side, at) for kind in CTI_FAULTS for side in ROLES for at in every}
    lasting = {kind for kind, one in CTI_FAULTS.items() if kind not in NEEDS_SESSIONS and one.by != "refusing"}
    assert links >= {(kind, side, at) for kind in lasting for side in ROLES for at in every}
    assert {kind for kind, _, _ in links} == CTI_FAULTS.keys()
    assert len(drawn(5, singles + pairs).breaks) in (3, 4)


def test_pairs_in_which_the_second_fault_meets_the_nodes_come_before_those_in_which_they_have_left() -> None:
    singles, pairs = enumerated(("CTI",))
    paired = [drawn(5, number, ("CTI",)).breaks for number in range(singles, singles + pairs)]
    meeting = [len(breaks) == 2 for breaks in paired]
    assert meeting == sorted(meeting, reverse=True)
    assert 0.4 < sum(meeting) / pairs < 0.9
    for first, second, *back in paired:
        found = second.at.when in (When.OPENED, When.TOLD_IN, When.OVER)
        assert first.side == IN_USE
        assert (second.side == (IN_USE if found else OTHER)) == (not back)
        for loss in back:  # what they use is lost while the second one lasts
            assert (loss.side, loss.at.when, loss.at.nth) == (IN_USE, When.BEGUN, 2)
            assert loss.fault in LOSSES


def test_in_most_pairs_people_do_something_that_is_to_be_told_as_the_last_fault_comes() -> None:
    singles, pairs = enumerated(("CTI",))
    told = 0
    for number in range(singles, singles + pairs):
        schedule = drawn(5, number, ("CTI",))
        last = len(schedule.breaks)
        told += any(isinstance(act, Do) and act.at == Moment(When.BEGUN, last, act.at.then_s) for act in schedule.acts)
    assert told > pairs / 2


def test_a_family_has_its_own_faults() -> None:
    assert set(known_kinds(["CTI"])) == set(CTI_FAULTS)
    kinds = {one.fault for number in range(200) for one in drawn(5, number, ("CTI",)).breaks}
    assert kinds <= set(CTI_FAULTS)


def test_somebody_sits_wherever_a_node_is_taken_away_and_only_where_a_family_is_about() -> None:
    for families, seats in (
        ((), set(Seat)),
        (("CLIENT",), {Seat.DESKTOP}),
        (("IPPA",), {Seat.PHONE}),
        (("CTI",), set()),
    ):
        drawn_ones = [drawn(5, number, families) for number in range(0, 6000, 7)]
        assert {seat for one in drawn_ones for seat in one.seats} == seats
        for one in drawn_ones:
            deserted = any(act.fault in DESERTIONS for act in one.breaks)
            assert not deserted or set(one.seats) == seats
            done = {SEAT_OF.get(act.do) for act in one.acts if isinstance(act, Do)}
            assert done <= {None, *one.seats}


def test_everything_that_seated_people_can_do_is_drawn() -> None:
    acts = {act.do for number in range(2000) for act in drawn(5, number).acts if isinstance(act, Do)}
    assert acts == set(Doing)


@given(st.integers(0, 2**32), st.integers(0, 20_000))
def test_whatever_is_drawn_is_read_back_as_it_was_written(seed: int, number: int) -> None:
    schedule = drawn(seed, number)
    assert file.read(file.written(schedule, "found by: CTI-09 'x' #1", seed)) == file.Filed(schedule, seed)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no schedule"),
        ("[1, 2", r"the schedule:1:6: expected YAML"),
        ("schedule: 2\nacts: [{do: ready, who: 1}]", "schedule: Input should be 1"),
        ("schedule: 1\nacts: []", "acts: List should have at least 1"),
        ("schedule: 1\nacts: [{break: link-cut, side: c}]", r":2:32: act 1: side: .*'c'"),
        ("schedule: 1\nacts: [{break: tomcat-stopped, side: in-use}]", "'in-use', which only a CTI server's can be"),
        (
            "schedule: 1\nacts: [{break: bomb, side: a}]",
            r":2:16: act 1: break is 'bomb', which is no kind of fault: one of sessions-reset",
        ),
        ("schedule: 1\nacts: [{do: fly, who: 1}]", r":2:13: act 1: do: .*'fly'"),
        ("schedule: 1\nacts: [{do: ready, who: 5}]", r"act 1: who: .*5"),
        ("schedule: 1\nseats: [sofa]\nacts: [{do: ready, who: 1}]", r":2:9: seats 1: .*'sofa'"),
        ("schedule: 1\nacts: [{do: refresh, who: 1}]", r":2:8: act 1 needs .* add 'seats: \[desktops\]'"),
        ("schedule: 1\nseats: [phones]\nacts: [{break: event-stream-blocked, side: a}]", r"'seats: \[desktops\]'"),
        (
            "schedule: 1\nseats: [phones]\nacts: [{do: retry, who: 3}]",
            ":3:25: act 1: who is 3: at phones there are 1 to 2",
        ),
        ("schedule: 1\nacts: [{do: ready, who: 1, at: {when: noon}}]", r"act 1: at.when: .*'noon'"),
        ("schedule: 1\nacts: [{do: ready, who: 1, at: {then_s: .inf}}]", "act 1: at.then_s: "),
        (
            "schedule: 1\nacts: [{do: ready, who: 1, often: 3}]",
            ":2:28: act 1: often is no key that is known here; the keys here are do, who, at",
        ),
        ("schedule: 1\nacts: [{break: link-cut, sid: a}]", r":2:26: act 1: sid is no key .*did you mean side\?"),
        (
            "schedule: 1\nacts: [{do: ready, who: 1, at: {wen: start}}]",
            r"act 1: at.wen is no key .*did you mean when\?",
        ),
        ("schedule: 1\nact: [{do: ready, who: 1}]", r":2:1: act is no key .*did you mean acts\?"),
        ("schedule: 1\nacts: [{brake: link-cut, side: a}]", "act 1: has neither 'break' nor 'do'"),
        ("schedule: 1\nacts: [{do: ready, who: 1}, {break: awdb-cut, side: other}]", ":2:53: act 2: side is 'other'"),
        ("schedule: 1\nacts: [{break: link-cut, side: a, for_s: true}]", r":2:42: act 1: for_s: .*'true'"),
        ("schedule: 1\nacts: [{break: link-cut, side: a, for_s: '25'}]", r":2:42: act 1: for_s: .*'25'"),
        ("schedule: 1\nacts: [{do: ready, who: true}]", r":2:25: act 1: who: .*'true'"),
        ("schedule: 1\nacts: [{do: ready, who: 1, at: {nth: true}}]", r":2:38: act 1: at.nth: .*'true'"),
        ("schedule: 1\nseed: false\nacts: [{do: ready, who: 1}]", r":2:7: seed: .*'false'"),
        (
            "schedule: 1\nacts: [{do: ready, who: 1}, {do: call, who: 1, at: {when: over, nth: 3}}]",
            r":2:52: act 2: at is 'over' of act 3, and there are 2",
        ),
        ("schedule: 1\nseed: -1\nacts: [{do: ready, who: 1}]", "seed: Input should be greater"),
        ("schedule: 1\nbegin: [ready]\nacts: [{do: ready, who: 1}]", "begin: Tuple should have at least 4"),
        ("schedule: !!python/object/apply:os.system [ls]", "expected plain YAML"),
        ("schedule: 1\nacts: [{do: ready, who: 1}]\nacts: [{do: call, who: 1}]", r":3:1: expected each key once"),
        ("schedule: 1\nacts:\n\t- {do: ready, who: 1}", "indent with blanks, not tabs"),
        ("schedule: 1\nbegin: [ready, ready, ready, ready]", "acts is missing"),
        ("name: a-lab\nadmin: {user: u, password: s3cret}", "holds no schedule"),
        ("schedule: {password: s3cret}\nacts: [{do: ready, who: 1}]", "schedule: Input should be 1, found a mapping"),
    ],
)
def test_a_bad_file_is_told_with_its_key_and_value(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        file.read(text)


CIRCLES = [((1, 1),), ((1, 2), (2, 1)), ((1, 2), (2, 3), (3, 1))]


@pytest.mark.parametrize("circle", CIRCLES, ids=["itself", "each other", "three"])
@pytest.mark.parametrize("when", [When.BEGUN, When.OVER])
def test_acts_that_wait_for_each_other_are_refused_and_those_that_wait_in_a_row_are_not(
    when: When, circle: tuple[tuple[int, int], ...]
) -> None:
    """Found by hand: `replay` waited for ever."""
    acts = tuple(Do(Doing.DATA, 1, Moment(when, nth)) for _, nth in circle)
    with pytest.raises(UsageError, match=r":\d+:\d+: act 1: at is .* waits for this one, .* 'start'"):
        file.read(file.written(Schedule(acts)))
    broken = (*acts[:-1], Do(Doing.DATA, 1))
    assert file.read(file.written(Schedule(broken))).schedule.acts == broken


def test_an_alias_bomb_costs_nothing() -> None:
    lines = ['a0: &a0 ["x", "x", "x", "x", "x", "x", "x", "x", "x", "x"]']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UsageError, match="expected at most 50000 values, found more, counting aliases"):
        file.read("\n".join(("schedule: 1", *lines, "acts: *a11")))


def test_a_mark_at_the_beginning_of_a_file_is_none_of_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfschedule: 1\r\nacts: [{do: ready, who: 1}]\r\n")
    assert file.load(tmp_path / "a.yaml").schedule.acts == (Do(Doing.READY, 1),)


def test_a_file_that_is_missing_or_far_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found no such file; check the path"):
        file.load(tmp_path / "none.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(UsageError, match="found a pipe"):
        file.load(tmp_path / "pipe.yaml")
    large = tmp_path / "large.yaml"
    large.write_text("#" * (file.SIZE_MAX + 1))
    with pytest.raises(UsageError, match="found more than 65536 bytes"):
        file.load(large)


def test_what_was_counted_from_an_act_that_is_left_out_is_counted_from_the_beginning() -> None:
    schedule = Schedule((RESET, CUT, DATA))
    assert without(schedule, [1]).acts == (RESET, Do(Doing.DATA, 1, Moment(When.START, 1, 3.0)))
    assert without(schedule, [0]).acts == (CUT, Do(Doing.DATA, 1, Moment(When.BEGUN, 1, 3.0)))


def test_each_simpler_schedule_is_another_one_and_they_come_to_an_end() -> None:
    schedule, steps = drawn(1, 3000), 0
    while smaller := list(simpler(schedule)):
        assert schedule not in smaller
        schedule, steps = random.Random(steps).choice(smaller), steps + 1
    assert steps < 100


def test_shrinking_keeps_what_fails_and_leaves_the_rest_out() -> None:
    schedule = Schedule((CUT, DATA, RESET, DATA), (State.TALKING, State.TALKING, State.READY, State.NOT_READY))

    def fails(one: Schedule) -> bool:
        return any(act.fault == "link-cut" and act.at.nth == 2 for act in one.breaks) and one.begin[0] is State.TALKING

    small = shrunk(schedule, fails)
    assert small == Schedule(
        (Break("link-cut", "b", Moment(When.OPENED, 2), 0.5),),
        (State.TALKING, State.TALKING, State.NOT_READY, State.NOT_READY),
    )


def test_shrinking_sends_those_home_whom_nothing_needs() -> None:
    acts = (Break("tomcat-stopped", "a", for_s=6.0), Do(Doing.REFRESH, 1))
    small = shrunk(Schedule(acts, seats=(Seat.DESKTOP, Seat.PHONE)), lambda one: len(one.acts) == 2)
    assert small == Schedule(acts, seats=(Seat.DESKTOP,))


def test_shrinking_stops_when_its_plays_are_used_up() -> None:
    played = []

    def fails(one: Schedule) -> bool:
        played.append(one)
        return False

    schedule = drawn(1, 3000)
    assert shrunk(schedule, fails, plays=5) == schedule
    assert len(played) == 5
