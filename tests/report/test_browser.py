"""The page in Debian's Chromium, light and dark, 1280 and 1920 wide: no errors, and everything where it should be."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.report.packed import unpacked
from tests.report.chromium import Chromium, browser_path

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


def results(page: Path) -> dict[str, dict[str, object]]:
    """Each test in the page, by the clause that it judges."""
    files = unpacked(page.read_text(encoding="utf-8"))
    tests = [json.loads(content) for name, content in files.items() if "/test-results/" in name]
    return {label["value"]: one for one in tests for label in one["labels"] if label["name"] == "clause"}


@pytest.mark.parametrize(("width", "dark"), SCREENS, ids=NAMES)
def test_it_opens_from_disk_without_errors_and_shows_the_families(
    browser: Chromium, page: Path, width: int, dark: bool
) -> None:
    with browser.look(page.as_uri(), width=width, dark=dark) as look:
        look.wait("document.querySelectorAll('[data-testid=tree-section-title]').length > 0")
        assert "CTI: CTI Failover" in look.js("document.body.innerText")
        assert look.js("document.documentElement.dataset.theme") == ("dark" if dark else "light")
        assert look.js("document.documentElement.scrollWidth <= window.innerWidth")
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
