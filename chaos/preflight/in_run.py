"""A run's own preflight: done first, kept in the run's folder, and asked for reasons by whoever judges a clause."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from chaos.errors import LabRefused
from chaos.inventory import Inventory
from chaos.preflight.examine import completed, survey
from chaos.preflight.finding import State, Survey
from chaos.waits import Waits

FILE = "preflight.json"

Say = Callable[[str], None]


class NothingCanBeJudged(LabRefused):
    """The lab is out of reach, in use, or otherwise of no use to any clause. Nothing was touched."""


class RunPreflight:
    """folder: of the run; None: what was found is not written down. env: where secrets are looked up. say: is told in
    words what was found. name: of the inventory, as commands are given it. Of the agents only those who are at work
    are asked anything."""

    def __init__(
        self,
        folder: Path | None,
        env: Mapping[str, str],
        say: Say = lambda _: None,
        waits: Waits | None = None,
        name: str = "INVENTORY",
    ) -> None:
        self.found: Survey | None = None
        self._path = None if folder is None else folder / FILE
        self._env = env
        self._say = say
        self._waits = waits or Waits()
        self._name = name

    async def before(self, inventory: Inventory) -> None:
        """Look at a live lab in full, before anything is changed there. A mock has not got its proxies yet.

        Raises NothingCanBeJudged, InventoryError.
        """
        if inventory.deployment == "mock":
            return
        self._say("preflight: looking at the lab")
        found = await survey(
            inventory,
            self._env,
            in_run=True,
            agents_asked=inventory.at_work,
            waits=self._waits,
            name=self._name,
        )
        self._keep(found)
        took_s = max((row.took_s for row in found.rows), default=0.0)
        self._say(
            f"preflight: {len(found.rows)} checks in {took_s:.0f} s, {len(found.problems())} with something to say"
        )

    async def after(self, inventory: Inventory) -> None:
        """The proxies are up: look at what had to wait for them, and at a mock, as far as that is cheap.

        Raises NothingCanBeJudged, InventoryError.
        """
        if self.found is None:
            self._keep(await survey(inventory, self._env, in_run=True, links_placed=True, cheap=True))
        elif self.found.waiting():
            self._keep(await completed(self.found, inventory, self._env, agents_asked=inventory.at_work))

    def reason(self, clause: str) -> str | None:
        """Why this clause cannot be judged on this lab; None if nothing speaks against it."""
        return None if self.found is None else self.found.reason(clause)

    def _keep(self, found: Survey) -> None:
        told = set() if self.found is None else {row.check for row in self.found.problems()}
        self.found = found
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        for row in found.problems():
            if row.check not in told:
                finding = row.finding
                self._say(
                    f"preflight: {finding.state.upper()} {row.check}: {finding.seen}. To fix it: {finding.remedy}"
                )
        if not found.fit():
            worst = next(row for row in found.problems() if row.finding.state is State.BAD)
            raise NothingCanBeJudged(
                f"preflight: no clause can be judged on {found.lab}: {worst.check}: {worst.finding.seen}; "
                f"{worst.finding.remedy}"
            )
