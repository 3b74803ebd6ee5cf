"""What a schedule leaves open is drawn from the seed, each purpose by itself; without one all is as it is written."""

from chaos.experiment.draws import Draws

PEOPLE = tuple("abcdefgh")


def test_the_same_seed_and_experiment_draw_the_same_and_others_something_else() -> None:
    def drawn(seed: int, experiment: str) -> tuple[float, float, list[str]]:
        draws = Draws(seed, experiment)
        return draws.phase_s("story", 5.0, otherwise_s=0.0), draws.pause_s(0.7), draws.order("people", PEOPLE)

    assert drawn(7, "a-reset") == drawn(7, "a-reset")
    assert len({str(drawn(seed, name)) for seed in range(20) for name in ("a-reset", "a-closed")}) == 40


def test_one_draw_more_for_one_purpose_moves_no_other() -> None:
    few, many = Draws(7, "a-reset"), Draws(7, "a-reset")
    for _ in range(10):
        many.pause_s(1.0)
    assert few.order("people", PEOPLE) == many.order("people", PEOPLE)


def test_draws_stay_within_what_they_are_about() -> None:
    for seed in range(200):
        draws = Draws(seed, "a-reset")
        assert 0.0 <= draws.phase_s("story", 5.0, otherwise_s=9.0) <= 5.0
        assert 1.0 <= draws.pause_s(1.0) <= 1.8
        assert sorted(draws.order("people", PEOPLE)) == list(PEOPLE)


def test_an_order_for_the_run_is_the_same_for_all_of_its_experiments_and_not_for_all_runs() -> None:
    orders = {seed: Draws(seed, "a-reset").order_for_run("nodes", "ab") for seed in range(20)}
    assert all(order == Draws(seed, "a-closed").order_for_run("nodes", "ab") for seed, order in orders.items())
    assert {"".join(order) for order in orders.values()} == {"ab", "ba"}


def test_without_a_seed_nothing_is_drawn() -> None:
    draws = Draws(None, "a-reset")
    assert draws.of("order within an instant") is None
    assert draws.phase_s("story", 5.0, otherwise_s=1.25) == 1.25
    assert draws.pause_s(0.7) == 0.7
    assert draws.order("people", PEOPLE) == draws.order_for_run("people", PEOPLE) == list(PEOPLE)
