"""A desktop's decisions about the end of its refresh token, and when something of it is due."""

import json

import pytest

from chaos.mock.browsers.cookies import CookieJar
from chaos.mock.browsers.tokens import TABLE, Due, Order, Phase, Tokens, decide, marks, seconds


def test_each_step_of_the_story_is_what_the_chapter_says() -> None:
    phase = Phase.CALM
    done: list[Order] = []
    for due in (Due.TEN_MINUTES, Due.FIVE_MINUTES, Due.SECOND, Due.SECOND, Due.ZERO):
        phase, orders = decide(phase, due)
        done += orders
    assert phase is Phase.OVER
    assert done == [Order.WARN, Order.WARN, Order.COUNT, Order.COUNT, Order.LOG_OUT]


def test_a_refused_renewal_is_the_end_whenever_it_comes_and_after_the_end_nothing_comes() -> None:
    for phase in Phase:
        expected = (Phase.OVER, ()) if phase is Phase.OVER else (Phase.OVER, (Order.LOG_OUT,))
        assert decide(phase, Due.REFUSED) == expected
    assert all(decide(Phase.OVER, due) == (Phase.OVER, ()) for due in Due)


def test_a_warning_that_comes_after_the_next_one_changes_nothing() -> None:
    assert decide(Phase.WARNED_AGAIN, Due.TEN_MINUTES) == (Phase.WARNED_AGAIN, ())
    assert (Phase.COUNTING, Due.FIVE_MINUTES) not in TABLE


@pytest.mark.parametrize(
    ("now_s", "due"),
    [
        (0.0, [(300.0, Due.TEN_MINUTES), (600.0, Due.FIVE_MINUTES), (900.0, Due.ZERO)]),
        (300.0, [(600.0, Due.FIVE_MINUTES), (900.0, Due.ZERO)]),
        (600.0, [(900.0, Due.ZERO)]),
        (950.0, [(950.0, Due.ZERO)]),
    ],
)
def test_what_is_still_to_come_depends_on_now(now_s: float, due: list[tuple[float, Due]]) -> None:
    assert list(marks(900.0, now_s)) == due


def test_the_countdown_has_each_second_that_is_still_to_come() -> None:
    assert list(seconds(900.0, 0.0)) == [(900.0 - left, left) for left in range(60, 0, -1)]
    assert list(seconds(900.0, 897.5)) == [(898.0, 2), (899.0, 1)]
    assert list(seconds(900.0, 0.0, 0)) == []


def test_tokens_are_read_from_json_with_times_from_now_on() -> None:
    body = {"user_id": "ann", "token": "a", "refresh_token": "r", "refresh_token_expires_in": 900, "expires_in": 400}
    found = Tokens.read(json.dumps(body).encode(), 100.0)
    assert found is not None
    assert (found.user, found.end_s, found.renew_s) == ("ann", 1000.0, 400.0)
    assert "access" not in repr(found)
    for bad in (b"", b"[]", b"{}", b'{"user_id": 1, "token": "a", "refresh_token": "r", "expires_in": "x"}'):
        assert Tokens.read(bad, 0.0) is None


def test_cookies_go_back_to_their_host_below_their_path_alone() -> None:
    jar = CookieJar()
    jar.take("ids", "S=1; Path=/ids; Secure; HttpOnly")
    jar.take("fin", "T=2")
    assert jar.header("ids", "/ids/v1") == "S=1"
    assert jar.header("ids", "/ids") == "S=1"
    assert jar.header("ids", "/idsx") == ""
    assert jar.header("fin", "/desktop") == "T=2"
    assert len(jar) == 2
    jar.take("ids", "S=3; Path=/ids")
    assert jar.header("ids", "/ids/v1") == "S=3"
    jar.take("fin", "\x00")
    jar.clear()
    assert (len(jar), jar.was_cleared) == (0, True)
