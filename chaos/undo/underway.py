"""What is being undone at this moment, and how much longer it may take: for whoever waits, second by second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chaos.clock import now


@dataclass
class Work:
    """One thing that is being undone. seen: what was last seen of it, in words, "" at first."""

    thing: str
    began_s: float
    until_s: float
    seen: str = ""

    def tell(self, seen: str) -> None:
        self.seen = seen

    def __str__(self) -> str:
        seen = f" ({self.seen})" if self.seen else ""
        return (
            f"{self.thing}{seen}, for {now() - self.began_s:.0f} s, at most {max(0.0, self.until_s - now()):.0f} s more"
        )


@dataclass
class Underway:
    """Everything that is being undone. is_told: somebody says it every second already."""

    is_told: bool = False
    works: list[Work] = field(default_factory=list)

    @contextmanager
    def work(self, thing: str, within_s: float) -> Iterator[Work]:
        """Something is being undone, for so long at most."""
        work = Work(thing, now(), now() + within_s)
        self.works.append(work)
        try:
            yield work
        finally:
            self.works.remove(work)

    def words(self) -> list[str]:
        """One line for each thing. Call it on the loop."""
        return [str(work) for work in self.works]
