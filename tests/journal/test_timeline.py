"""What was seen is found again by its kind, in order."""

from chaos.journal import Ended, ServiceSeen, Step, SwitchActed, Timeline


def test_of_several_kinds_everything_is_given_once_and_in_order() -> None:
    seen = [
        Step(at_s=0.0, number=1, title="one"),
        Ended(at_s=1.0, number=2),
        Step(at_s=2.0, number=3, title="two"),
    ]
    timeline = Timeline(seen)
    assert timeline.of_any(Ended, Step) == seen
    assert timeline.of_any(Step, SwitchActed, ServiceSeen) == [seen[0], seen[2]]
    assert timeline.of_any(ServiceSeen, SwitchActed) == []


def test_whoever_asks_for_several_kinds_has_asked_for_each() -> None:
    timeline = Timeline([Step(at_s=0.0, number=1, title="one")])
    with timeline.noting_what_is_asked() as asked:
        timeline.of_any(Step, SwitchActed)
    assert asked == {Step, SwitchActed}
