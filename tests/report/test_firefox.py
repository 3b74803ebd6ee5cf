"""The page in Debian's Firefox: it opens from disk without an error in the console."""

from pathlib import Path

import pytest

from tests.report.firefox import console_errors, firefox_path
from tests.report.test_browser import result


def test_front_page_and_a_violated_test_open_in_firefox_without_errors(page: Path, tmp_path: Path) -> None:
    """A file's origin is the word "null" there, not "file://" as in Chromium."""
    firefox = firefox_path()
    if firefox is None:
        pytest.skip("no Firefox is installed to open the page with")
    test = f"{page.as_uri()}#{result(page, 'Loss')['id']}"
    shown = (
        (page.as_uri(), "!!document.querySelector('[data-testid=markdown-attachment-preview]')"),
        (test, "!!document.querySelector('[data-testid=test-result-description-frame]')"),
    )
    for number, (url, until) in enumerate(shown):
        profile = tmp_path / str(number)
        profile.mkdir()
        assert console_errors(firefox, profile, url, until) == []
