"""The page in Debian's Chromium, light and dark, 1280 and 1920 wide: no errors, and everything where it should be."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chaos.report.drawing import SMALL
from chaos.report.head import WIDTH_PX
from chaos.report.packed import unpacked
from chaos.report.timeline import timeline_svg
from tests.report.chromium import Chromium, Look, browser_path
from tests.report.forged import fail_over, timed_verdict

SCREENS = [(width, dark) for width in (1280, 1920) for dark in (False, True)]
NAMES = [f"{width}-{'dark' if dark else 'light'}" for width, dark in SCREENS]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    path = browser_path()
    if path is None:
        pytest.skip("no chromium is installed to open the page with")
    chromium = Chromium(path, tmp_path_factory.mktemp("profile"))
    yield chromium
    chromium.close()


def result(page: Path, name: str) -> dict[str, Any]:
    """The test of that name, as the page has it."""
    files = unpacked(page.read_text(encoding="utf-8"))
    tests = [json.loads(content) for path, content in files.items() if "/test-results/" in path]
    return next(one for one in tests if one["name"].partition(": ")[2] == name.lower())


@pytest.mark.parametrize(("width", "dark"), SCREENS, ids=NAMES)
def test_it_opens_from_disk_without_errors_and_shows_the_families(
    browser: Chromium, page: Path, width: int, dark: bool
) -> None:
    with browser.look(page.as_uri(), width=width, dark=dark) as look:
        look.wait("document.querySelectorAll('[data-testid=markdown-attachment-preview]').length > 0")
        look.click("[data-testid=nav-tab-results]")
        look.wait("document.querySelectorAll('[data-testid=tree-section-title]').length > 0")
        said = look.js("document.body.innerText")
        assert "CTI: CTI Failover" in said
        assert "Front page" in said
        assert not {"Quality Gates", "Global Errors", "Global Attachments"} & set(said.splitlines())
        assert "100%" not in said
        assert look.js("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        assert look.js("document.documentElement.scrollWidth <= window.innerWidth")
        assert look.errors == []


@pytest.mark.parametrize(("width", "dark"), SCREENS, ids=NAMES)
def test_the_picture_stands_whole_in_the_text_of_its_test_and_is_as_light_or_dark_as_the_page(
    browser: Chromium, page: Path, width: int, dark: bool
) -> None:
    violated = result(page, "Loss")
    with browser.look(f"{page.as_uri()}#{violated['id']}", width=width, dark=dark) as look:
        frame = "document.querySelector('[data-testid=test-result-description-frame]')"
        look.wait(f"{frame}?.contentDocument.querySelector('img')?.complete && {frame}.clientHeight > 1000")
        box = look.js(f"JSON.stringify({frame}.contentDocument.querySelector('img').getBoundingClientRect())")
        picture = json.loads(box)
        column = look.js(f"{frame}.clientWidth")
        text = look.js("document.querySelector('[data-testid=test-result-description]').getBoundingClientRect().top")
        raw = look.js(
            "[...document.querySelectorAll('div')].find(e => e.innerText === 'Error')?.getBoundingClientRect().top"
        )
        assert raw is None or text < raw, "our words stand above the raw text"
        assert picture["left"] >= 0
        assert picture["right"] <= column
        assert picture["width"] * SMALL / WIDTH_PX >= 10, "letters of the smallest size, in pixels of the screen"
        assert picture["bottom"] <= look.js(f"{frame}.clientHeight"), "nothing of it is cut off"
        ground = look.js(GROUND.replace("FRAME", frame))
        assert (sum(ground[:3]) < 300) == dark, ground
        assert look.errors == []


def test_on_a_telephone_a_title_is_one_line_and_not_one_letter_a_line(browser: Chromium, page: Path) -> None:
    header = "document.querySelector('[data-testid=test-result-attachment-header]')"
    with browser.look(page.as_uri(), width=400) as look:
        look.wait("document.querySelectorAll('[data-testid=markdown-attachment-preview]').length > 0")
        assert look.js(f"{header}.innerText.includes('Front page')")
        assert look.js(f"{header}.clientHeight") < 100


NAMELESS = """
[...document.querySelectorAll("button, iframe, img")].filter(one => !(one.textContent.trim()
  || one.getAttribute("aria-label") || one.title || one.alt)).map(one => one.outerHTML.slice(0, 200))
"""


def test_whoever_hears_the_page_hears_what_each_button_does_and_sees_more_than_colours(
    browser: Chromium, page: Path
) -> None:
    with browser.look(page.as_uri()) as look:
        look.wait("document.querySelectorAll('[data-testid=markdown-attachment-preview]').length > 0")
        look.click("[data-testid=nav-tab-results]")
        look.wait("document.querySelectorAll('[data-testid=tree-arrow][aria-label]').length > 0")
        assert look.js(NAMELESS) == []
        bars = "[...document.querySelectorAll('[class*=tree-status-bar-item]')]"
        signs = look.js(f"[...new Set({bars}.map(one => getComputedStyle(one, '::before').content[1]))].sort()")
        assert signs == sorted("✗✓?–")
    with browser.look(f"{page.as_uri()}#{result(page, 'Loss')['id']}") as look:
        look.wait("document.querySelectorAll('[data-testid=test-result-nav-next][aria-label]').length > 0")
        look.wait("!!document.querySelector('[data-testid=test-result-description-frame]')")
        assert look.js(NAMELESS) == []


# The colour of the picture's upper left corner, as it is drawn on the page.
GROUND = """
(async () => {
  const image = FRAME.contentDocument.querySelector("img");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 4;
  canvas.getContext("2d").drawImage(image, 0, 0, 40, 40, 0, 0, 4, 4);
  return [...canvas.getContext("2d").getImageData(1, 1, 1, 1).data];
})()
"""


def test_what_is_cited_opens_to_its_line_of_the_journal(browser: Chromium, page: Path) -> None:
    cited = result(page, "Cited")
    with browser.look(f"{page.as_uri()}#{cited['id']}") as look:
        open_step(look, "HELD: it was answered")
        open_step(look, "the first answer – line 8")
        look.wait("document.body.innerText.includes('\"kind\"')")
        assert look.errors == []


def open_step(look: Look, words: str) -> None:
    """Click on the step of that name."""
    titles = "[...document.querySelectorAll('[data-testid=test-result-step-header]')]"
    found = f"{titles}.find(one => one.innerText.includes({json.dumps(words)}))"
    look.wait(f"!!{found}")
    look.js(f"{found}.click()")


def test_links_lead_where_they_say(browser: Chromium, page: Path) -> None:
    loss = result(page, "Loss")
    with browser.look(f"{page.as_uri()}#{loss['id']}") as look:
        assert look.wait("document.querySelector('[data-testid=test-result-info-title]')?.innerText") == loss["name"]
        look.click("[data-testid=test-result-tab-attachments]")
        look.wait("document.querySelectorAll('[data-testid=test-result-attachment-header]').length > 0")
        look.js(
            "document.querySelectorAll('[data-testid=test-result-attachment-header]')"
            ".forEach(one => one.querySelector('button').click())"
        )
        look.wait("document.querySelector('[data-testid=image-attachment-content] img')?.naturalWidth === 840")
        # Expanded, it is larger, not so small that all of it fits into the window.
        look.js(
            "[...[...document.querySelectorAll('[data-testid=test-result-attachment-header]')].pop()"
            ".querySelectorAll('button')][1].click()"
        )
        look.wait("document.querySelector('[class*=modal-data-component] img')?.clientWidth >= 1000")
        assert look.js(SCROLLS)
        look.js("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
        look.wait("document.body.innerText.includes('CTI-05 VIOLATED')")
        look.click("[data-testid=test-result-nav-next]")
        look.wait(f"!location.hash.includes('{loss['id']}')")
        assert look.errors == []


# Whether what is expanded can be seen to its end.
SCROLLS = """
(() => {
  const holder = document.querySelector("[class*=modal-data-component]");
  holder.scrollTop = 1e6;
  const image = holder.querySelector("img").getBoundingClientRect();
  return Math.abs(image.bottom - holder.getBoundingClientRect().bottom) < 40;
})()
"""


def test_in_a_narrow_window_the_picture_is_scrolled_and_not_made_small(browser: Chromium, page: Path) -> None:
    with browser.look(f"{page.as_uri()}#{result(page, 'Loss')['id']}", width=700) as look:
        frame = "document.querySelector('[data-testid=test-result-description-frame]')"
        look.wait(f"{frame}?.contentDocument.querySelector('img')?.clientWidth === 800")
        scrolled = (
            f"[...{frame}.contentDocument.querySelectorAll('html, body')].map(e => (e.scrollLeft = 1e6, e.scrollLeft))"
        )
        assert max(look.js(scrolled)) > 50


# How much of the front page's frame would have to be scrolled inside it, down and to the right.
HIDDEN = """
(() => {
  const frame = document.querySelector("[data-testid=markdown-attachment-preview] iframe");
  const inside = frame.contentDocument.documentElement;
  return [inside.scrollHeight - frame.clientHeight, inside.scrollWidth - frame.clientWidth];
})()
"""


@pytest.mark.parametrize(("width", "dark"), SCREENS, ids=NAMES)
def test_the_page_opens_at_its_front_page_which_stands_there_whole_and_goes_on_to_the_conclusion(
    browser: Chromium, page: Path, width: int, dark: bool
) -> None:
    with browser.look(page.as_uri(), width=width, dark=dark) as look:
        frame = "document.querySelector('[data-testid=markdown-attachment-preview] iframe')"
        look.wait(f"{frame}?.contentDocument?.body?.innerText && {frame}.clientHeight > 160")
        assert max(look.js(HIDDEN)) <= 0, "nothing is scrolled inside the page"
        # The time at its head is when it was played, without how long pytest took: durations are the lab's.
        assert not re.search(r"\d+m?s\b", look.js("document.querySelector('[data-testid=report-data]').innerText"))
        look.click("[data-testid=nav-tab-results]")
        look.wait("document.querySelectorAll('[data-testid=tree-section-title]').length > 0")
        look.wait("document.querySelector('[data-testid=report-title]').getBoundingClientRect().top > 0")
        assert look.errors == []


# Pairs of texts of the picture that lie on each other, by the boxes that the browser has for them.
TOUCHING = """
(() => {
  const boxes = [...document.querySelectorAll("text")].map(one => [one.textContent, one.getBBox()]);
  const found = [];
  boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
    const across = Math.min(p.x + p.width, q.x + q.width) - Math.max(p.x, q.x);
    const down = Math.min(p.y + p.height, q.y + q.height) - Math.max(p.y, q.y);
    // A box has the whole height of the font, its letters have not.
    if (across > 0.5 && down > 3) found.push([a, b, across, down]);
  }));
  return found;
})()
"""


@pytest.mark.parametrize("dark", [False, True])
def test_no_text_of_the_picture_lies_on_another_as_the_browser_draws_them(
    browser: Chromium, tmp_path: Path, dark: bool
) -> None:
    picture = tmp_path / "picture.svg"
    picture.write_text(timeline_svg(fail_over(), [timed_verdict()]), encoding="utf-8")
    with browser.look(picture.as_uri(), width=840, dark=dark) as look:
        assert look.js("document.querySelectorAll('text').length") > 100
        assert look.js(TOUCHING) == []
        assert look.errors == []


def test_a_damaged_page_says_so_in_words(browser: Chromium, page: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.html"
    damaged.write_text(page.read_text(encoding="utf-8").replace('id="packed">H4sI', 'id="packed">AAAA'), "utf-8")
    with browser.look(damaged.as_uri()) as look:
        assert look.wait("document.getElementById('app').textContent").startswith("This page is damaged")


def test_an_old_browser_is_told_what_it_needs(browser: Chromium, page: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.html"
    text = page.read_text(encoding="utf-8")
    old.write_text(text.replace("<head>", "<head><script>delete window.DecompressionStream</script>"), "utf-8")
    with browser.look(old.as_uri()) as look:
        assert "too old" in look.wait("document.getElementById('app').textContent")
        assert look.errors == []
