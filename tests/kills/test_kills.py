"""The harness killed a few times; `scripts/kills` does it 1,000 times."""

from pathlib import Path

import pytest

from chaos import clock
from tests.kills.kills import HEALED_WITHIN_S, Death, kills


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_lab_is_healed_whose_harness_was_killed_at_a_random_moment(tmp_path: Path) -> None:
    done = clock.run(kills(len(Death), 20_261_122, tmp_path), virtual=False)
    assert len(done) == len(Death)
    assert [(kill.death, kill.wrong, kill.last_words) for kill in done if kill.wrong] == []
    assert max(kill.healed_s for kill in done) < HEALED_WITHIN_S
