"""CTI-04 and CTI-05 on forged timelines: what is taken for a loss, and when; every bound on both sides of its edges."""

import pytest

from chaos.run.session import judged
from chaos.verdicts import Outcome, cti
from tests.verdicts.script import each_node, framed, played, verdict, without

ALONE = ("fin-a",)
# The journal's resolution: what lies this much beyond an edge is beyond it.
TICK_S = 1e-6


def beats(node: str, pattern: str, *, from_s: float) -> str:
    """Heartbeats every 5 s: x withheld, . confirmed."""
    return "\n".join(f"{from_s + 5 * n} {node} a {'miss' if beat == 'x' else 'beat'}" for n, beat in enumerate(pattern))


def both_beat(pattern: str) -> str:
    return "\n".join(
        f"0 {node} a stands\n" + beats(node, pattern, from_s=from_s) for node, from_s in (("fin-a", 2), ("fin-b", 3))
    )


# --- CTI-04: misses that are no loss -----------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["xx", "x.xx"])
def test_misses_that_are_followed_by_two_answers_are_tolerated(pattern: str) -> None:
    found = verdict(cti.misses_are_tolerated, both_beat(f"..{pattern}.."), pattern, lasts_s=60)
    assert found.outcome is Outcome.HELD


@pytest.mark.parametrize("seen", ["xx.", "xx", "x..", "", "x.x.."])
def test_another_pattern_than_the_wanted_one_is_inconclusive(seen: str) -> None:
    assert verdict(cti.misses_are_tolerated, both_beat(f"..{seen}"), "xx", lasts_s=60).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("pattern", ["xx", "x.xx"])
@pytest.mark.parametrize("answers", ["", ".", "..", "..."])
def test_a_node_that_gives_its_session_up_after_them_is_a_violation(pattern: str, answers: str) -> None:
    text = both_beat(f"..{pattern}{answers}") + "\n59 fin-b a closes"
    assert verdict(cti.misses_are_tolerated, text, pattern, lasts_s=60).outcome is Outcome.VIOLATED


def test_a_node_that_looks_for_another_session_while_it_keeps_its_own_is_a_violation() -> None:
    text = both_beat("..xx..") + "\n22 fin-a b refused"
    assert verdict(cti.misses_are_tolerated, text, "xx", lasts_s=60).outcome is Outcome.VIOLATED


@pytest.mark.parametrize("how", ["says OUT", "shows OUT"])
def test_telling_clients_out_of_service_is_a_violation_though_the_session_stays(how: str) -> None:
    text = both_beat("..xx..") + f"\n23 fin-b {how}"
    assert verdict(cti.misses_are_tolerated, text, "xx", lasts_s=60).outcome is Outcome.VIOLATED


@pytest.mark.parametrize("end", ["is-closed", "is-reset"])
def test_a_session_that_somebody_else_ended_is_inconclusive(end: str) -> None:
    text = both_beat("..xx") + f"\n24 fin-a a {end}"
    assert verdict(cti.misses_are_tolerated, text, "xx", lasts_s=60).outcome is Outcome.INCONCLUSIVE


def test_one_node_that_was_not_there_to_be_judged_makes_it_inconclusive() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", "..xx..", from_s=2)
    assert verdict(cti.misses_are_tolerated, text, "xx", lasts_s=60).outcome is Outcome.INCONCLUSIVE


def test_our_own_probe_that_closes_is_no_node_that_gives_up() -> None:
    text = both_beat("..xx..") + "\n0 ours a stands\n20 ours a miss\n25 ours a miss\n29 ours a closes\n30 ours b opens"
    assert verdict(cti.misses_are_tolerated, text, "xx", lasts_s=60).outcome is Outcome.HELD


# --- CTI-04: three misses are a loss -----------------------------------------------------------------------------


def lost_after(declared_s: float, *, misses: str = "xxx", told_s: float | None = None) -> str:
    """One node; its first confirmation is withheld at 12 s."""
    told_s = declared_s + 0.1 if told_s is None else told_s
    return "0 fin-a a stands\n" + "\n".join(
        [beats("fin-a", "." + misses, from_s=7), f"{declared_s} fin-a a closes", f"{told_s} fin-a says OUT"]
    )


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [
        (12.5, Outcome.HELD),
        (12.5 - TICK_S, Outcome.VIOLATED),
        (15.0, Outcome.HELD),
        (17.5, Outcome.HELD),
        (17.5 + TICK_S, Outcome.VIOLATED),
        (10.0, Outcome.VIOLATED),
        (20.0, Outcome.VIOLATED),
    ],
)
def test_the_loss_is_declared_three_intervals_after_the_first_miss(after_s: float, outcome: Outcome) -> None:
    found = verdict(cti.three_misses_are_loss, lost_after(12 + after_s, told_s=28.0), lasts_s=60, nodes=ALONE)
    assert found.outcome is outcome, found


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [
        (12.8, Outcome.HELD),
        (12.8 - TICK_S, Outcome.INCONCLUSIVE),
        (12.2, Outcome.INCONCLUSIVE),
        (12.2 - TICK_S, Outcome.VIOLATED),
        (17.2, Outcome.HELD),
        (17.2 + TICK_S, Outcome.INCONCLUSIVE),
        (17.8, Outcome.INCONCLUSIVE),
        (17.8 + TICK_S, Outcome.VIOLATED),
    ],
)
def test_a_late_loop_widens_the_span_and_an_edge_inside_it_is_inconclusive(after_s: float, outcome: Outcome) -> None:
    text = lost_after(12 + after_s, told_s=28.0) + "\n13 late 0.05\n18 late 0.3\n35 late 0.01"
    found = verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE, clock="real")
    assert found.outcome is outcome, found


def test_lateness_that_is_noted_just_after_the_story_counts_too() -> None:
    text = lost_after(12 + 17.2 + 0.01, told_s=28.0) + "\n62 late 0.3"
    found = verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE, clock="real")
    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_loss_after_two_misses_only_is_never_right() -> None:
    text = "0 fin-a a stands\n7 fin-a a beat\n12 fin-a a miss\n17 fin-a a miss\nEND fin-a a closes\n27.1 fin-a says OUT"
    for end, outcome in (("17.5", Outcome.VIOLATED), ("22", Outcome.VIOLATED), ("27", Outcome.INCONCLUSIVE)):
        found = verdict(cti.three_misses_are_loss, text.replace("END", end), lasts_s=60, nodes=ALONE)
        assert found.outcome is outcome, found


def test_a_node_that_never_notices_three_misses_is_a_violation() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", ".xxx....", from_s=7)
    assert verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(("lasts_s", "outcome"), [(29.5, Outcome.INCONCLUSIVE), (29.6, Outcome.VIOLATED)])
def test_not_noticing_is_judged_when_the_bound_is_over(lasts_s: float, outcome: Outcome) -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", ".xxx", from_s=7)
    assert verdict(cti.three_misses_are_loss, text, lasts_s=lasts_s, nodes=ALONE).outcome is outcome


def test_a_node_that_sends_no_more_heartbeats_has_not_missed_three() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", ".xx", from_s=7)
    assert verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE).outcome is Outcome.INCONCLUSIVE


def test_no_miss_at_all_is_inconclusive() -> None:
    text = "0 fin-a a stands\n" + beats("fin-a", "....", from_s=7)
    assert verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("end", ["is-closed", "is-reset"])
def test_a_session_that_the_far_side_closed_in_time_is_no_loss_that_was_declared(end: str) -> None:
    text = lost_after(27.0).replace("closes", end)
    assert verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE).outcome is Outcome.INCONCLUSIVE


def test_looking_for_another_session_is_a_declared_loss_though_the_old_one_is_left_open() -> None:
    text = lost_after(27.0).replace("27.0 fin-a a closes", "27.0 fin-a b opens")
    assert verdict(cti.three_misses_are_loss, text, lasts_s=60, nodes=ALONE).outcome is Outcome.HELD


def test_clients_that_are_never_told_make_it_inconclusive_and_told_much_too_late_a_violation() -> None:
    untold = lost_after(27.0).replace("27.1 fin-a says OUT", "")
    assert verdict(cti.three_misses_are_loss, untold, lasts_s=90, nodes=ALONE).outcome is Outcome.INCONCLUSIVE
    late = lost_after(27.0, told_s=80.0)
    assert verdict(cti.three_misses_are_loss, late, lasts_s=90, nodes=ALONE).outcome is Outcome.VIOLATED
    early = lost_after(27.0, told_s=22.5)
    assert verdict(cti.three_misses_are_loss, early, lasts_s=90, nodes=ALONE).outcome is Outcome.VIOLATED


def three_misses(second_ends_s: float) -> str:
    return "\n".join(
        [
            "0 fin-a a stands\n0 fin-b a stands",
            beats("fin-a", ".xxx", from_s=7),
            beats("fin-b", ".xxx", from_s=9),
            f"27 fin-a a closes\n27 fin-a says OUT\n{second_ends_s} fin-b a closes\n29 fin-b says OUT",
        ]
    )


def test_the_worse_of_two_nodes_counts() -> None:
    assert verdict(cti.three_misses_are_loss, three_misses(29), lasts_s=60).outcome is Outcome.HELD
    found = verdict(cti.three_misses_are_loss, three_misses(34), lasts_s=60)
    assert found.outcome is Outcome.VIOLATED
    assert "fin-b" in found.reason
    elsewhere = "\n".join(line for line in three_misses(29).splitlines() if " fin-b a " not in line)
    found = verdict(cti.three_misses_are_loss, elsewhere, lasts_s=60)
    assert found.outcome is Outcome.INCONCLUSIVE, found


# --- CTI-04: silence ---------------------------------------------------------------------------------------------


def silent(tried_after_s: float | None, *, last_beat_s: float = 8.0) -> str:
    """One node; its last confirmed heartbeat is at 8 s, the next was due at 13 s."""
    text = f"0 fin-a a stands\n{last_beat_s} fin-a a beat"
    return text if tried_after_s is None else text + f"\n{last_beat_s + 5 + tried_after_s} fin-a b opens"


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [
        (12.5, Outcome.HELD),
        (12.5 - TICK_S, Outcome.VIOLATED),
        (17.5, Outcome.HELD),
        (17.5 + TICK_S, Outcome.VIOLATED),
        (10.0, Outcome.VIOLATED),
        (20.0, Outcome.VIOLATED),
    ],
)
def test_a_silent_link_is_lost_three_intervals_after_the_first_overdue_heartbeat(
    after_s: float, outcome: Outcome
) -> None:
    found = verdict(cti.silence_is_loss_after_three_misses, silent(after_s), lasts_s=60, nodes=ALONE)
    assert found.outcome is outcome, found


def test_a_late_loop_straddles_the_edge_of_silence() -> None:
    text = silent(12.6) + "\n11 late 0.2"
    found = verdict(cti.silence_is_loss_after_three_misses, text, lasts_s=60, nodes=ALONE, clock="real")
    assert found.outcome is Outcome.INCONCLUSIVE


def test_a_heartbeat_confirmed_while_the_silence_was_made_is_uncertain_either_way() -> None:
    """The toxics are in place at 10.4 s; what was confirmed at 10.2 s may not have come through."""
    for after_s, outcome in ((13.0, Outcome.INCONCLUSIVE), (14.9, Outcome.HELD), (17.0, Outcome.HELD)):
        text = framed(silent(None) + f"\n10.2 fin-a a beat\n{13 + after_s} fin-a b opens", lasts_s=60)
        timeline = played(text.replace("10.0 fault reset injected", "10.4 fault reset injected"), nodes=ALONE)
        found = judged("CTI-04", cti.silence_is_loss_after_three_misses, timeline)
        assert found.outcome is outcome, found


def test_a_link_on_which_heartbeats_are_still_confirmed_is_not_silent() -> None:
    text = silent(15.0) + "\n13 fin-a a beat"
    found = verdict(cti.silence_is_loss_after_three_misses, text, lasts_s=60, nodes=ALONE)
    assert found.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("last_beat_s", [1.0, 4.9])
def test_a_heartbeat_that_was_overdue_before_the_silence_began_is_no_measure(last_beat_s: float) -> None:
    text = silent(15.0, last_beat_s=last_beat_s)
    found = verdict(cti.silence_is_loss_after_three_misses, text, lasts_s=60, nodes=ALONE)
    assert found.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("lasts_s", "outcome"), [(30.5, Outcome.INCONCLUSIVE), (30.6, Outcome.VIOLATED)])
def test_silence_that_is_never_noticed_is_judged_when_the_bound_is_over(lasts_s: float, outcome: Outcome) -> None:
    assert (
        verdict(cti.silence_is_loss_after_three_misses, silent(None), lasts_s=lasts_s, nodes=ALONE).outcome is outcome
    )


def test_one_node_of_two_that_does_not_notice_the_silence_is_a_violation() -> None:
    text = each_node("0 NODE a stands\n8 NODE a beat") + "\n28 fin-a b opens"
    assert verdict(cti.silence_is_loss_after_three_misses, text, lasts_s=60).outcome is Outcome.VIOLATED
    good = text + "\n28 fin-b b opens"
    assert verdict(cti.silence_is_loss_after_three_misses, good, lasts_s=60).outcome is Outcome.HELD
    alone = "0 fin-a a stands\n8 fin-a a beat\n28 fin-a b opens"
    assert verdict(cti.silence_is_loss_after_three_misses, alone, lasts_s=60).outcome is Outcome.INCONCLUSIVE


# --- CTI-05 ------------------------------------------------------------------------------------------------------


def socket_lost(*, tried_s: float | None, told_s: float | None) -> str:
    """One node; the order to break its socket is given at 10 s, and it is seen broken at 10.25 s."""
    lines = ["0 fin-a a stands", "10.25 fin-a a is-reset"]
    lines += [] if tried_s is None else [f"{tried_s} fin-a b opens"]
    lines += [] if told_s is None else [f"{told_s} fin-a says OUT"]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("noticed_s", "outcome"),
    [
        (10.25 + TICK_S, Outcome.HELD),
        (11.0, Outcome.HELD),  # a second after the order, which is the worst that it can have been
        (11.0 + TICK_S, Outcome.INCONCLUSIVE),
        (11.25, Outcome.INCONCLUSIVE),
        (11.25 + TICK_S, Outcome.VIOLATED),
        (25.0, Outcome.VIOLATED),
    ],
)
def test_a_failed_socket_is_noticed_within_a_fifth_of_an_interval(noticed_s: float, outcome: Outcome) -> None:
    tried = verdict(
        cti.socket_failure_is_loss_at_once, socket_lost(tried_s=noticed_s, told_s=10.5), lasts_s=60, nodes=ALONE
    )
    told = verdict(
        cti.socket_failure_is_loss_at_once, socket_lost(tried_s=10.5, told_s=noticed_s), lasts_s=60, nodes=ALONE
    )
    assert tried.outcome is outcome, tried
    assert told.outcome is outcome, told


def test_a_late_loop_straddles_the_edge_of_at_once() -> None:
    text = socket_lost(tried_s=10.9, told_s=10.5) + "\n12 late 0.2"
    found = verdict(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE, clock="real")
    assert found.outcome is Outcome.INCONCLUSIVE


def test_clients_that_are_never_told_are_a_violation_when_the_bound_is_over() -> None:
    text = socket_lost(tried_s=10.5, told_s=None)
    assert verdict(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE).outcome is Outcome.VIOLATED
    assert verdict(cti.socket_failure_is_loss_at_once, text, lasts_s=11.2, nodes=ALONE).outcome is Outcome.INCONCLUSIVE


def test_a_loss_that_is_told_though_no_other_connection_is_tried_is_still_declared() -> None:
    text = socket_lost(tried_s=None, told_s=10.5)
    assert verdict(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE).outcome is Outcome.HELD


def test_a_notice_by_rest_is_a_notice() -> None:
    text = socket_lost(tried_s=10.5, told_s=None) + "\n10.8 fin-a shows OUT"
    assert verdict(cti.socket_failure_is_loss_at_once, text, lasts_s=60, nodes=ALONE).outcome is Outcome.HELD


def test_one_node_of_two_that_waits_for_its_heartbeats_is_a_violation() -> None:
    text = each_node("0 NODE a stands\n10.1 NODE a is-reset\n10.2 NODE says OUT") + "\n10.3 fin-a b opens"
    assert (
        verdict(cti.socket_failure_is_loss_at_once, text + "\n10.3 fin-b b opens", lasts_s=60).outcome is Outcome.HELD
    )
    found = verdict(cti.socket_failure_is_loss_at_once, text + "\n25 fin-b b opens", lasts_s=60)
    assert found.outcome is Outcome.VIOLATED
    assert "fin-b" in found.reason


def test_a_socket_that_never_failed_is_inconclusive() -> None:
    text = each_node("0 NODE a stands\n10.2 NODE says OUT")
    assert verdict(cti.socket_failure_is_loss_at_once, text, lasts_s=60).outcome is Outcome.INCONCLUSIVE


# --- missing evidence --------------------------------------------------------------------------------------------

GOOD = (
    (cti.misses_are_tolerated, both_beat("..xx..."), ("xx",)),
    (cti.misses_are_tolerated, both_beat("..x.xx..."), ("x.xx",)),
    (cti.three_misses_are_loss, three_misses(29) + "\n27.5 fin-a b opens\n29.5 fin-b b opens", ()),
    (
        cti.silence_is_loss_after_three_misses,
        each_node("0 NODE a stands\n3 NODE a beat\n8 NODE a beat\n28 NODE b opens\n28 NODE says OUT"),
        (),
    ),
)


@pytest.mark.parametrize(("check", "text", "details"), GOOD, ids=lambda one: getattr(one, "__name__", ""))
def test_missing_one_observation_never_makes_a_good_story_a_violation(
    check: object, text: str, details: tuple[str, ...]
) -> None:
    timeline = played(framed(text, lasts_s=60))
    assert judged("CTI-04", check, timeline, *details).outcome is Outcome.HELD  # type: ignore[arg-type]
    for gone in timeline:
        found = judged("CTI-04", check, without(timeline, gone), *details)  # type: ignore[arg-type]
        assert found.outcome is not Outcome.VIOLATED, (gone, found)
