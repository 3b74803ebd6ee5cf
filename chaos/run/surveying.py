"""`finesse-chaos preflight`: looks at a lab, or at a mock started for it, and says what can be judged on it."""

import json
import os
from collections.abc import Callable, Collection, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.text import Text

from chaos import clock
from chaos.errors import UsageError
from chaos.inventory import Inventory, load, resolved
from chaos.network import own_address
from chaos.preflight import Row, Survey, print_survey, survey
from chaos.run.console import result_console
from chaos.run.exits import EXIT_HELD, EXIT_INCONCLUSIVE, EXIT_UNFIT
from chaos.run.fitness import ClauseTest, foretold
from chaos.run.interrupts import Interrupts
from chaos.run.selection import no_test_judges
from chaos.waits import Waits

T = TypeVar("T")

EXIT_FIT, EXIT_PARTLY = EXIT_HELD, EXIT_INCONCLUSIVE


def look(
    inventory: Path,
    clauses: Sequence[str],
    tests: Callable[[], Sequence[ClauseTest]],
    json_file: Path | None,
    *,
    spare_too: bool = False,
) -> int:
    """Look, print, and write `json_file`; the exit status.

    clauses: ids that are asked about. tests: gives the suites' tests; a clause without one is said, and left out.
    spare_too: ask spare agents as well.
    Status: 0 all of them can be judged on this lab, 3 some cannot, 5 none can. Raises InventoryError, UsageError.
    """
    if json_file is not None and not json_file.parent.is_dir():  # said before anybody has waited for the look
        raise UsageError(f"{json_file} cannot be written: there is no folder {json_file.parent}; name another file")
    loaded = load(inventory, os.environ)
    wanted = [test for test in tests() if test.clause in clauses]
    tested = {test.clause for test in wanted}
    if not tested:
        raise UsageError(no_test_judges(clauses))
    console = result_console()
    looking = _Looking(loaded.name)
    if not console.is_terminal:
        click.echo(f"looking at {loaded.name}; every check has its deadline", err=True)
    with console.status(looking):
        is_mock = loaded.deployment == "mock"
        asked = None if spare_too else loaded.at_work
        lab, found = _interruptible(
            _of_a_mock(loaded, tested, asked) if is_mock else _of_a_lab(loaded, str(inventory), tested, asked, looking),
            virtual=is_mock,
        )
    found = foretold(wanted, lab, found)
    print_survey(found, console, untested=[clause for clause in clauses if clause not in tested])
    if json_file is not None:
        write(found, json_file)
    return status_of(found)


class _Looking:
    """The live line: how many checks are done, and what is still waited for; drawn anew while it stands."""

    def __init__(self, lab: str) -> None:
        self.waits = Waits()
        self._lab = lab
        self._done = 0

    def done(self, row: Row) -> None:
        self._done += 1

    def __rich__(self) -> Text:
        waiting = self.waits.shown_all()
        # Short, so that the seconds are not cut off where it counts.
        said = f"{self._done} done; still {waiting}" if waiting else f"looking at {self._lab}"
        return Text(said, overflow="ellipsis", no_wrap=True)


async def _of_a_lab(
    inventory: Inventory, name: str, clauses: Collection[str], asked: int | None, looking: _Looking
) -> tuple[Inventory, Survey]:
    found = await survey(
        inventory,
        os.environ,
        clauses=clauses,
        agents_asked=asked,
        progress=looking.done,
        waits=looking.waits,
        name=name,
    )
    return inventory, found


def _interruptible(looking: Coroutine[Any, Any, T], *, virtual: bool) -> T:
    """Look to the end, or until a signal comes. Raises KeyboardInterrupt."""
    interrupts = Interrupts(lambda _: None)  # nothing is undone that anybody would have to be told of
    interrupts.install()
    try:
        with clock.runner(virtual=virtual) as runner:
            return interrupts.run(runner, looking)
    finally:
        interrupts.restore()


def status_of(found: Survey) -> int:
    """The command's exit status."""
    if not found.unfit():
        return EXIT_FIT
    return EXIT_PARTLY if found.fit() else EXIT_UNFIT


def write(found: Survey, path: Path) -> None:
    """The survey as JSON. Raises UsageError: the file cannot be written."""
    try:
        path.write_text(json.dumps(found.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}; name another file") from error


async def _of_a_mock(inventory: Inventory, clauses: Collection[str], asked: int | None) -> tuple[Inventory, Survey]:
    """Start the mock and the proxies that its administration points at, look, and stop both. Gives the whole inventory
    that the mock has filled in, too."""
    from chaos.clients.toxiproxy import Toxiproxy
    from chaos.run.launcher import launch
    from chaos.toxiproxy import ToxiproxyServer

    launched = await launch(inventory)
    proxies = ToxiproxyServer(host=own_address(), port=0)
    try:
        await proxies.start()
        client = Toxiproxy(proxies.api_url)
        links = launched.inventory.links
        for name, link in links.items():
            if link.listen and link.upstream:
                await client.create(name, link.listen, link.upstream)
        api = {link.proxy: {"api": proxies.api_url} for link in links.values()}
        for node in launched.deployment.nodes.values():
            await node.until_in_service()
        lab = resolved(launched.inventory, {"proxies": api})
        return lab, await survey(lab, os.environ, clauses=clauses, agents_asked=asked)
    finally:
        await launched.stop()
        await proxies.stop()
