"""Which AWDB a node turns to, and what it remembers: decisions without I/O."""

import pytest

from chaos.mock.finesse.awdb_choice import (
    AwdbHost,
    after_failure,
    after_loss,
    after_success,
    hosts_to_try,
    may_serve,
)
from chaos.mock.finesse.credential_cache import CredentialCache

PRIMARY, SECONDARY = AwdbHost.PRIMARY, AwdbHost.SECONDARY
BOTH = (PRIMARY, SECONDARY)


def test_the_primary_is_tried_first_and_the_hosts_alternate_until_one_answers() -> None:
    choice = hosts_to_try(BOTH)
    tried = []
    for _ in range(5):
        tried.append(choice.next)
        choice = after_failure(choice, choice.next)
    assert tried == [PRIMARY, SECONDARY, PRIMARY, SECONDARY, PRIMARY]
    assert choice.exhausted
    choice = after_success(choice)
    assert (choice.next, choice.in_vain) == (SECONDARY, frozenset())


@pytest.mark.parametrize("lost", BOTH)
def test_after_a_loss_the_other_host_is_tried_and_none_is_out_of_reach_before_both_were(lost: AwdbHost) -> None:
    choice = after_loss(hosts_to_try(BOTH), lost)
    assert (choice.next, choice.exhausted) == (lost.other, False)
    choice = after_failure(choice, lost.other)
    assert (choice.next, choice.exhausted) == (lost, False)
    assert after_failure(choice, lost).exhausted


def test_without_a_secondary_the_primary_is_tried_for_ever() -> None:
    choice = hosts_to_try((PRIMARY,))
    for _ in range(3):
        assert choice.next is PRIMARY
        choice = after_failure(after_loss(choice, PRIMARY), PRIMARY)
        assert choice.exhausted


def test_a_secondary_serves_only_with_its_distributor_a_primary_always() -> None:
    assert [may_serve(host, distributor=runs) for host in BOTH for runs in (True, False)] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("slides", [True, False])
def test_credentials_are_good_until_their_time_is_over_to_the_millisecond(slides: bool) -> None:
    cache = CredentialCache(slides=slides)
    cache.keep("1101", "secret1", asked_s=100.0, life_s=1800.0)
    assert cache.knows("1101", "secret1", now_s=1899.999)
    assert not cache.knows("1101", "secret1", now_s=1900.0)
    assert not cache.knows("1101", "secret1", now_s=100.0)


def test_only_the_same_password_of_the_same_user_is_known() -> None:
    cache = CredentialCache(slides=True)
    cache.keep("1101", "secret1", asked_s=0.0, life_s=1800.0)
    assert not cache.knows("1101", "secret2", now_s=1.0)
    assert not cache.knows("1102", "secret1", now_s=1.0)
    assert cache.knows("1101", "secret1", now_s=1.0)
    cache.keep("1101", "secret2", asked_s=2.0, life_s=1800.0)
    assert not cache.knows("1101", "secret1", now_s=3.0)
    cache.clear()
    assert not cache.knows("1101", "secret2", now_s=3.0)


def test_the_time_of_a_new_password_begins_with_it_even_if_it_does_not_slide() -> None:
    cache = CredentialCache(slides=False)
    cache.keep("1101", "secret1", asked_s=0.0, life_s=1800.0)
    cache.keep("1101", "secret2", asked_s=1000.0, life_s=1800.0)
    assert cache.knows("1101", "secret2", now_s=2799.999)


def test_a_later_request_prolongs_the_time_only_if_it_slides_and_an_overtaken_one_never_shortens_it() -> None:
    for slides, until_s in ((True, 2300.0), (False, 1800.0)):
        cache = CredentialCache(slides=slides)
        for asked_s in (0.0, 500.0, 400.0):
            cache.keep("1101", "secret1", asked_s=asked_s, life_s=1800.0)
        assert cache.knows("1101", "secret1", now_s=until_s - 0.001)
        assert not cache.knows("1101", "secret1", now_s=until_s)
