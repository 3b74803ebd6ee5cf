"""Which experiments of a run are played in which lab."""

from hypothesis import given
from hypothesis import strategies as st

from chaos.run.bundled import suites_folder
from chaos.run.lengths import table_s
from chaos.run.shares import LABS, shares

NAMES = [f"e{n}" for n in range(12)]


def test_a_short_run_has_one_lab() -> None:
    assert shares(["a", "b"], {"a": 3.0, "b": 4.0}) == (("a", "b"),)


def test_one_experiment_has_one_lab_however_long_it_is() -> None:
    assert shares(["a"], {"a": 100.0}) == (("a",),)


def test_a_long_run_is_dealt_out_to_two_labs_in_the_order_of_the_plan() -> None:
    costs_s = {"a": 1.0, "b": 9.0, "c": 5.0, "d": 4.0}
    assert shares(["a", "b", "c", "d"], costs_s) == (("a", "b"), ("c", "d"))


def test_what_is_in_no_table_counts_as_well() -> None:
    first, second = shares(NAMES, {})
    assert len(first) == len(second) == len(NAMES) / 2


@given(st.lists(st.sampled_from(NAMES), unique=True), st.dictionaries(st.sampled_from(NAMES), st.floats(0.1, 30.0)))
def test_everything_is_played_once_and_neither_lab_waits_for_more_than_one_experiment(
    names: list[str], costs_s: dict[str, float]
) -> None:
    dealt = shares(names, costs_s)
    assert sorted(name for share in dealt for name in share) == sorted(names)
    assert all(list(share) == [name for name in names if name in share] for share in dealt)
    if len(dealt) == LABS:
        loads_s = [sum(costs_s.get(name, 1.0) for name in share) for share in dealt]
        assert max(loads_s) - min(loads_s) <= max(costs_s.get(name, 1.0) for name in names) + 1e-9


def test_our_own_suites_are_halved_within_a_tenth() -> None:
    costs_s = table_s(suites_folder())
    first, second = (sum(costs_s[name] for name in share) for share in shares(list(costs_s), costs_s))
    assert abs(first - second) < 0.1 * first
