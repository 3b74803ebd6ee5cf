"""What a clause test came to: the row from which reports and the clause map are made."""

import re
from dataclasses import dataclass

from chaos.report.explained import Explained
from chaos.verdicts import Verdict
from chaos.verdicts.verdict import UNFIT

_SIDE = re.compile(r"(?<=\bside )[ab]\b")


@dataclass(frozen=True)
class Judged:
    """One clause test and its outcome.

    clause: id. test: pytest's node id. title: what should happen, one sentence. experiment: the name of what was
    played. verdict: None if nothing was judged; then `unfit` says why the lab cannot host the test. explained: of a
    VIOLATED one, for whoever reads it. known: the tickets under which all that is wrong is known: VIOLATED all the
    same.
    """

    clause: str
    test: str
    title: str
    experiment: str
    verdict: Verdict | None
    unfit: str | None = None
    explained: Explained | None = None
    known: tuple[str, ...] = ()

    @property
    def leaves_something_out(self) -> bool:
        """Whether this lab cannot host all that the test speaks of."""
        return self.verdict is None or any(state.outcome == UNFIT for state in self.verdict.grid)

    @property
    def name(self) -> str:
        """The test's function as words, for instance "two missed heartbeats are tolerated"."""
        words = self.test.rpartition("::")[2].removeprefix("test_").replace("_", " ")
        return _SIDE.sub(lambda side: side[0].upper(), words)
