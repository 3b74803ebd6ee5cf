"""The page of `mock up --web` in a real browser: what it shows, what its buttons do, and whom it tells what."""

import contextlib
import os
import pty
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaos import clock
from tests.mock.control.chromium import Page, browsing, program
from tests.places import own_block
from tests.suites.runs import COMMAND, Running, environment, finesse_chaos, running

LEAST_CONTRAST = 4.5
"""Of text and its ground, at least. Source: WCAG 2.2, 1.4.3."""


@dataclass(frozen=True)
class Up:
    """A `mock up --web`. url: its page's."""

    folder: Path
    process: Running
    url: str


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    program()
    place = tmp_path_factory.mktemp("up")
    folder = place / "mock"
    started = ("mock", "up", "--web", "--block", own_block(), "--folder", str(folder), "--tomcat-start", "2", "--fast")
    with running(*started, log=place / "mock.log") as mock:
        mock.until_said("Ctrl-C stops it")
        found = re.search(r"in a browser: (http://\S+/)", mock.said)
        assert found is not None
        yield Up(folder, mock, found[1])
        assert mock.told(signal.SIGINT, within_s=15) == 0  # whoever still looks at the page does not hold it up
        assert "Traceback" not in mock.said
        assert "was never" not in mock.said


def beside(places: int) -> str:
    """Another block than the one of `up`, so many further on."""
    block, _, last = own_block().rpartition(".")
    return f"{block}.{(int(last) + places) % 256}"


def browse(up: Up, folder: Path, work: Callable[[Page], Awaitable[None]]) -> None:
    async def main() -> None:
        async with browsing(folder) as page:
            await page.go(up.url)
            await page.until("document.querySelectorAll('#agents tr').length > 20")
            await work(page)
            assert page.troubles == []
            assert {url.startswith(up.url) for url in page.requested if not url.startswith("data:")} == {True}

    clock.run(main(), virtual=False)


def text(id: str) -> str:
    return f"document.getElementById({id!r}).innerText"


def test_the_page_shows_the_deployment_and_its_buttons_work(up: Up, tmp_path: Path) -> None:
    async def work(page: Page) -> None:
        assert await page.js(f"{text('nodes')}.match(/IN SERVICE/g).length") == 2
        await page.press("Stop Notification Service on fin-b.mock.test")
        await page.until(f"{text('summary')}.includes('fin-b.mock.test OUT OF SERVICE')")
        # Whoever pressed it goes on from there: the button that came in its place has the focus.
        await page.until("document.activeElement.ariaLabel === 'Start Notification Service on fin-b.mock.test'")
        await page.press("Start Notification Service on fin-b.mock.test")
        await page.until(f"{text('summary')}.includes('fin-b.mock.test IN SERVICE')")

        await page.press("Cut link awdb-a")
        await page.until(f"{text('summary')}.includes('link awdb-a cut')")
        await page.press("Mend link awdb-a")
        await page.until(f"!{text('summary')}.includes('awdb-a')")

        await page.press("Sign in agent anna")
        await page.press("Ready agent anna")
        await page.js("document.getElementById('dial-phone').value = '2002'")
        await page.js("document.getElementById('dial-number').value = '2001'")
        await page.js("document.getElementById('dial').requestSubmit()")
        call = await wait_for_call(page)
        await page.press(f"Answer call {call} at phone 2001")
        await page.until(f"{text('agents')}.includes('Talking')")
        await page.press(f"Hang up call {call} at phone 2001")
        await page.until(f"{text('no-calls')} !== ''")
        await page.press("Not Ready agent anna")
        await page.press("Sign out agent anna")
        await page.until(f"{text('summary')}.includes('0 agents signed in')")

        await page.js("document.getElementById('dial-number').value = 'nobody'")
        await page.js("document.getElementById('dial').requestSubmit()")
        await page.until(f"{text('last')}.startsWith('Not done: ')")

    browse(up, tmp_path, work)


async def wait_for_call(page: Page) -> str:
    await page.until("document.querySelectorAll('#calls tr').length === 2")
    return str(await page.js("document.querySelector('#calls th').innerText"))


def test_a_screen_reader_hears_every_button_by_a_name_of_its_own_and_every_table_by_its_title(
    up: Up, tmp_path: Path
) -> None:
    async def work(page: Page) -> None:
        tree = await page.tree()
        buttons = Counter(name for role, name in tree if role == "button")
        assert buttons["Stop Tomcat on fin-a.mock.test"] == 1
        assert {name for name, count in buttons.items() if count > 1 or not name} == set()
        headings = {name for role, name in tree if role == "heading"}
        assert headings >= {"Finesse mock", "Finesse nodes", "fin-a.mock.test", "Side A: pg-a.mock.test", "Agents"}
        assert all(name for role, name in tree if role in ("table", "textbox", "combobox", "region"))
        assert {"banner", "main", "status"} <= {role for role, _ in tree}
        assert {name for role, name in tree if role == "columnheader"} >= {"Agent", "State", "Orders", "Client", "Door"}

    browse(up, tmp_path, work)


def test_who_stands_on_a_button_stays_there_while_the_page_is_kept_up_to_date(up: Up, tmp_path: Path) -> None:
    async def work(page: Page) -> None:
        button = "document.querySelector('[aria-label=\"Sign in agent tina\"]')"
        await page.js(f"window.before = {button}; before.focus()")
        asked = len(page.requested)
        await page.press("Sign in agent udo")
        await page.js("before.focus()")

        await page.until("document.querySelector('[aria-label=\"Ready agent udo\"]') !== null")
        await page.until(f"document.activeElement === window.before && {button} === window.before")
        assert len(page.requested) > asked
        await page.press("Sign out agent udo")

    browse(up, tmp_path, work)


CONTRAST = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (colour) => {
    const linear = (x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = parts(colour).map((x) => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const seen = [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility()
    && [...one.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim() !== ""));
  return Math.min(...seen.map((one) => {
    const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_in_dark(up: Up, tmp_path: Path, scheme: str) -> None:
    async def work(page: Page) -> None:
        await page.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        await page.press("Cut link awdb-b")
        await page.until(f"{text('summary')}.includes('link awdb-b cut')")
        assert await page.js("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
        assert await page.js(CONTRAST) >= LEAST_CONTRAST
        dark = await page.js("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((x) => x < 60)")
        assert dark is (scheme == "dark")
        await page.press("Mend link awdb-b")
        await page.until(f"!{text('summary')}.includes('awdb-b')")
        assert await page.js("document.documentElement.scrollWidth <= innerWidth")

    browse(up, tmp_path, work)


def test_a_page_of_somebody_else_gets_nothing_and_can_do_nothing(up: Up, tmp_path: Path) -> None:
    """A foreign page that has even learnt the address: an order, a form, a frame, a script, a read."""
    order = '{"do": "cut", "link": "cti-a"}'
    attack = f"""
      (async () => {{
        const tried = [];
        for (const kind of ["application/json", "text/plain"]) {{
          const options = {{ method: "POST", body: {order!r}, headers: {{ "Content-Type": kind }} }};
          for (const mode of ["cors", "no-cors"]) {{
            const asked = fetch("{up.url}orders", {{ ...options, mode }});
            tried.push(await asked.then((answer) => answer.type, () => "refused"));
          }}
        }}
        tried.push(await fetch("{up.url}state").then((answer) => answer.type, () => "refused"));
        return tried;
      }})()
    """

    async def main() -> None:
        async with browsing(tmp_path) as page:
            await page.go("data:text/html,<title>evil</title>")
            await page.until("document.title === 'evil'")
            got = await page.js(attack)
            assert set(got) <= {"refused", "opaque"}
            await page.go(up.url)
            await page.until("document.querySelectorAll('#links tr').length === 4")
            assert "cut" not in (await page.js(text("links"))).split()

    clock.run(main(), virtual=False)


def test_a_mock_that_has_gone_is_told(tmp_path: Path) -> None:
    program()
    started = ("mock", "up", "--web", "--block", beside(101), "--fast")

    async def main() -> None:
        async with browsing(tmp_path) as page:
            with running(*started, log=tmp_path / "mock.log") as mock:
                mock.until_said("Ctrl-C stops it")
                found = re.search(r"in a browser: (http://\S+/)", mock.said)
                assert found is not None
                await page.go(found[1])
                await page.until("document.querySelectorAll('#agents tr').length > 20")
                assert await page.js("document.getElementById('lost').hidden")
                assert mock.told(signal.SIGTERM, within_s=15) == 0
            await page.until(f"{text('lost')}.includes('does not answer')")

    clock.run(main(), virtual=False)


def test_only_who_wants_the_page_is_told_its_address(tmp_path: Path) -> None:
    """Its output is no terminal: without --web there is no page, and nothing of the token in what is printed."""
    folder = tmp_path / "mock"
    with running("mock", "up", "--block", beside(77), "--folder", str(folder), log=tmp_path / "log") as mock:
        mock.until_said("Ctrl-C stops it")
        address = (folder / "secrets" / "control").read_text().strip()
        assert "in a browser" not in mock.said
        assert address.split("/")[3] not in mock.said
        assert (folder / "secrets" / "control").stat().st_mode & 0o077 == 0
        stopped = finesse_chaos("mock", "service", "webapp-publisher", "stop", "--folder", str(folder), folder=tmp_path)
        assert (stopped.status, stopped.out) == (0, "stop Web application on fin-a.mock.test: done\n")
        shown = finesse_chaos("mock", "service", "webapp-publisher", "--folder", str(folder), folder=tmp_path)
        assert (shown.status, shown.out) == (0, "Stopped\n")
        unknown = finesse_chaos("mock", "service", "tomcat", "--folder", str(folder), folder=tmp_path)
        assert "there is no service 'tomcat'; there are notification-publisher" in unknown.err
    gone = finesse_chaos("mock", "service", "webapp-publisher", "--folder", str(folder), folder=tmp_path)
    assert (gone.status, "no mock answers at 127." in gone.err) == (3, True)
    nowhere = finesse_chaos("mock", "service", "webapp-publisher", folder=tmp_path)
    assert (nowhere.status, "which mock?" in nowhere.err) == (2, True)


@pytest.mark.parametrize(("more", "has_page"), [((), True), (("--no-web",), False)])
def test_a_person_at_a_terminal_gets_the_page_unless_he_does_not_want_it(
    tmp_path: Path, more: tuple[str, ...], has_page: bool
) -> None:
    ours, its = pty.openpty()
    command = [*COMMAND, "mock", "up", "--fast", "--for", "0.1", "--block", beside(55), *more]
    said = b""
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, cwd=tmp_path, env=environment()) as process:
        os.close(its)
        with contextlib.suppress(OSError):  # the end of a terminal, as Linux tells it
            while piece := os.read(ours, 4096):
                said += piece
        os.close(ours)
        assert process.wait(60) == 0, said.decode()
    assert (b"see and steer it in a browser" in said) is has_page
