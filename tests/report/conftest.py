"""The page of a small run, made once for all tests that look at it."""

import os
from pathlib import Path

import pytest

from chaos.report import build_html, tools_folder
from chaos.report.tool import missing
from tests.report.test_allure import small_run

TOOLS = tools_folder(os.environ)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a small run; skipped where the generator is not installed."""
    reason = missing(TOOLS)
    if reason is not None:
        pytest.skip(f"no HTML page can be made: {reason}")
    folder = tmp_path_factory.mktemp("page")
    built = build_html(small_run(folder), folder / "out" / "report.html", TOOLS)
    assert isinstance(built, Path), built
    return built
