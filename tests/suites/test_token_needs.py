"""What the experiments of refresh tokens need of a lab, and what they say where it is missing."""

from chaos.inventory import Inventory, load
from suites.desktop import experiments as on
from tests.wall.playing import MOCK, ROOT

ALL = (on.EXPIRED, on.EXPIRED_STALE, on.EXPIRED_CLEARED)


def changed(**sso: object) -> Inventory:
    lab = load(ROOT / MOCK)
    assert lab.sso is not None
    return lab.model_copy(update={"sso": lab.sso.model_copy(update=sso)})


def test_the_mock_can_host_them() -> None:
    assert [one.unfit(load(ROOT / MOCK)) for one in ALL] == [None, None, None]


def test_a_lab_without_single_sign_on_is_told_what_to_give() -> None:
    lab = load(ROOT / MOCK).model_copy(update={"sso": None})
    assert all("single sign-on: give sso" in (one.unfit(lab) or "") for one in ALL)


def test_too_few_people_and_tokens_that_live_too_short_are_said() -> None:
    assert "6 agents of single sign-on are needed, 0 are named" in (on.EXPIRED.unfit(changed(agents=())) or "")
    assert "more than 780 s are needed" in (on.EXPIRED.unfit(changed(refresh_token_s=600.0)) or "")
