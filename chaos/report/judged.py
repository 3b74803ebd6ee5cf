"""What a clause test came to: the row from which reports and the clause map are made."""

from dataclasses import dataclass

from chaos.verdicts import Verdict


@dataclass(frozen=True)
class Judged:
    """One clause test and its outcome.

    clause: id. test: pytest's node id. title: what should happen, one sentence. experiment: the name of what was
    played. verdict: None if nothing was judged; then `unfit` says why the lab cannot host the test.
    """

    clause: str
    test: str
    title: str
    experiment: str
    verdict: Verdict | None
    unfit: str | None = None

    @property
    def name(self) -> str:
        """The test's function as words, for instance "two missed heartbeats are tolerated"."""
        return self.test.rpartition("::")[2].removeprefix("test_").replace("_", " ")
