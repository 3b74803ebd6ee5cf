"""A crowd of simulated browsers fails over: nobody is lost, and each is signed in exactly once."""

import pytest

from chaos import clock
from tests.mock.browsers.crowd import crowd, fail_over, peak_mib

MANY = 200


@pytest.mark.slow
def test_two_hundred_desktops_move_together_and_nobody_is_lost() -> None:
    blind = clock.run(fail_over(crowd(MANY)), virtual=True)
    assert len(blind) == MANY
    assert max(blind) < 30.0
    assert peak_mib() < 2048
