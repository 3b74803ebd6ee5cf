"""A check: one documented statement as a function from a history to findings, with the grid that it has to fill.

    @check(grid(node=nodes, side=("a", "b")), needs=a_loss)
    def tries_the_other_side_once(history: History) -> Iterator[Finding]:
        \"\"\"Having lost one side, a node tries the other exactly once before it tries the first again.\"\"\"
        for loss in losses(history):
            yield …

It does not name its clause; whoever calls it does. It never stops at the first good sign: it yields a finding for
everything that it can see. Where too little was seen it raises EvidenceError, which is INCONCLUSIVE.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chaos.history import History
from chaos.verdicts.finding import Finding
from chaos.verdicts.grid import Grid

Find = Callable[[History], Iterable[Finding]]
Needs = Callable[[History], bool]
Doubt = Callable[[History], str | None]
"""Why an observer is not to be believed in that history, None if nothing says so."""


def nothing(_: History) -> bool:
    """The needs of a standing rule: it can speak about every journal."""
    return True


@dataclass(frozen=True, slots=True)
class Check:
    """name: of the function. says: its first sentence. needs: whether it can speak about that history; then it does.
    rests_on: of the observers that it rests on, why one is not to be believed; then nothing is HELD or VIOLATED.
    """

    name: str
    says: str
    find: Find
    grid: Grid
    needs: Needs
    rests_on: tuple[Doubt, ...] = ()

    def doubt(self, history: History) -> str | None:
        """Why an observer that it rests on is not to be believed there."""
        return next((why for doubt in self.rests_on if (why := doubt(history)) is not None), None)


def check(over: Grid, *, needs: Needs = nothing, rests_on: tuple[Doubt, ...] = ()) -> Callable[[Find], Check]:
    """Makes a check of a function."""

    def made(find: Find) -> Check:
        says = (find.__doc__ or "").strip().partition("\n\n")[0].replace("\n    ", " ")
        return Check(find.__name__, says, find, over, needs, rests_on)

    return made
