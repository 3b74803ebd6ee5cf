"""The HTML page: one file, no request to anybody; tests/report/test_browser.py looks at it in a browser."""

import base64
import gzip
import json
import os
import re
import select
import sys
from pathlib import Path

import pytest

from chaos.clock import stopwatch
from chaos.report import build_html, html, install_tool, tool
from chaos.report.html import without_outside_requests
from chaos.report.tool import missing, run_tool, tool_path, tools_folder


def test_the_page_is_one_file_that_asks_nobody_for_anything(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [one.name for one in page.parent.iterdir()] == ["report.html"]
    assert "finesse-chaos" in text
    assert re.findall(r"<script[^>]*\bsrc\s*=\s*[\"']?(?:https?:)?//", text, re.IGNORECASE) == []
    assert re.findall(r"<link[^>]*\bhref\s*=\s*[\"']?(?:https?:)?//", text, re.IGNORECASE) == []
    assert "googletagmanager" not in text
    assert "gtag(" not in text


def test_the_generators_program_is_changed_as_we_mean_to(page: Path) -> None:
    """Another release of it may be written otherwise: then this fails, and somebody looks."""
    found = re.search(r'id="packed">([^<]*)<', page.read_text(encoding="utf-8"))
    assert found is not None
    program = json.loads(gzip.decompress(base64.b64decode(found[1])))["program"]
    for before, after in html._CHANGES:
        assert before not in program
        assert after in program


def test_a_page_of_a_few_tests_is_hardly_larger_than_the_generators_program(page: Path) -> None:
    """1.4 MB of it, compressed; so 77 clauses may have 33 kB each within 4 MB, and these seven tests have less."""
    assert page.stat().st_size < 1_400_000 + 7 * 33_000


def test_scripts_from_elsewhere_are_taken_out_and_others_stay() -> None:
    page = (
        '<script src="data:text/javascript;base64,AA=="></script>'
        '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>\n'
        "<script>\n  window.dataLayer = window.dataLayer || [];\n  function gtag(){dataLayer.push(arguments);}\n"
        "  gtag('js', new Date());\n</script><script>window.allure = {};</script><script defer src=//x.test/y></script>"
    )
    left = without_outside_requests(page)
    assert left == '<script src="data:text/javascript;base64,AA=="></script>\n<script>window.allure = {};</script>'


def test_without_node_there_is_a_reason_and_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for said in (missing(tmp_path), install_tool(tmp_path / "tools"), build_html(tmp_path, tmp_path / "x", tmp_path)):
        assert isinstance(said, str)
        assert "no Node on the PATH" in said
    assert list(tmp_path.iterdir()) == []


# What npm does, as far as we look: it runs in the folder that is to be filled.
MAKES_ALLURE = '[ "$1" != ci ] || { /bin/mkdir -p node_modules/.bin; echo > node_modules/.bin/allure; }'


def _program(folder: Path, name: str, does: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(0o755)


def _fake_node(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, npm: str | None = None) -> None:
    """A PATH on which there is such a Node, and nothing else but what a script needs."""
    programs = {"node": f"echo {version}"} | ({} if npm is None else {"npm": npm})
    folder.mkdir()
    for name, does in programs.items():
        _program(folder, name, does)
    monkeypatch.setenv("PATH", f"{folder}:/usr/sbin:/sbin" if sys.platform == "win32" else str(folder))


posix = pytest.mark.skipif(sys.platform == "win32", reason="the programs faked here are shell scripts")


@posix
@pytest.mark.parametrize(
    ("version", "said"), [("v18.1.0", "too old"), ("nonsense", "too old"), ("v20.0.0", "not inst")]
)
def test_an_old_node_and_a_missing_generator_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, said: str
) -> None:
    _fake_node(tmp_path / "bin", monkeypatch, version)
    assert said in str(missing(tmp_path / "tools"))


@posix
def test_a_failed_installation_tells_what_npm_said_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    _fake_node(tmp_path / "bin", monkeypatch, "v20.0.0", npm="echo no network; exit 7")
    said = install_tool(tools)
    assert said is not None
    assert "status 7; it said: no network" in said
    assert list(tmp_path.iterdir()) == [tmp_path / "bin"]
    _program(tmp_path / "bin", "npm", MAKES_ALLURE)
    assert install_tool(tools) is None


@posix
def test_an_installed_generator_is_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools, npm_ran = tmp_path / "cache" / "tools", tmp_path / "npm-ran"
    _fake_node(tmp_path / "bin", monkeypatch, "v22.1.0", npm=f'echo "$1" >> {npm_ran}; {MAKES_ALLURE}')
    assert [install_tool(tools), install_tool(tools)] == [None, None]
    assert list((tmp_path / "cache").iterdir()) == [tools]
    assert npm_ran.read_text(encoding="utf-8").split() == ["view", "ci"]


@posix
def test_without_a_network_npm_is_not_made_to_try_for_every_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = '[ "$1" = view ] && echo npm error ENOTFOUND && exit 1; exec /bin/sleep 60'
    _fake_node(tmp_path / "bin", monkeypatch, "v22.1.0", npm=npm)
    said = install_tool(tmp_path / "tools")
    assert said == "npm could not install the report generator: status 1; it said: npm error ENOTFOUND"


@posix
def test_a_generator_that_fails_hangs_or_makes_nothing_leaves_a_reason_and_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, results, out = tmp_path / "tools", tmp_path / "results", tmp_path / "report.html"
    _fake_node(tmp_path / "bin", monkeypatch, "v22.1.0")
    tool_path(tools).parent.mkdir(parents=True)
    results.mkdir()
    tool_path(tools).write_text("#!/bin/sh\necho broken; exit 3\n", encoding="utf-8")
    tool_path(tools).chmod(0o755)
    assert "no Allure results" in str(build_html(results, out, tools))
    (results / "x-result.json").write_text("{}", encoding="utf-8")
    assert "status 3; it said: broken" in str(build_html(results, out, tools))
    tool_path(tools).write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    assert "left no page" in str(build_html(results, out, tools))
    tool_path(tools).write_text("#!/bin/sh\necho at work; exec /bin/sleep 60\n", encoding="utf-8")
    monkeypatch.setattr(html, "_GENERATE_LIMIT_S", 0.5)
    assert "not done after 0 s; it said: at work" in str(build_html(results, out, tools))
    assert not out.exists()


def test_a_program_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    assert "cannot be run" in str(run_tool([str(tmp_path / "nothing")], 5.0))


def test_the_pinned_versions_name_no_download_address() -> None:
    lock = (Path(tool.__file__).parent / "node" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"allure": "3.18.0"' in lock
    assert lock.count('"integrity": "sha512-') > 100


@posix
def test_a_program_that_hangs_is_ended_with_all_its_children(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    end_of_file = os.open(held, os.O_RDONLY | os.O_NONBLOCK)  # comes when the last who holds the other end is gone
    try:
        _program(tmp_path, "slow", f"exec 3>{held}; /bin/sleep 30 & echo waiting; wait")
        assert run_tool([str(tmp_path / "slow")], 0.5) == "not done after 0 s; it said: waiting"
        assert select.select([end_of_file], [], [], 10)[0]
        assert os.read(end_of_file, 1) == b""
    finally:
        os.close(end_of_file)


@posix
def test_a_program_that_ended_is_not_waited_for_because_a_child_of_it_lives_on(tmp_path: Path) -> None:
    _program(tmp_path, "quick", "/bin/sleep 30 & exit 0")
    with stopwatch() as elapsed_s:
        assert run_tool([str(tmp_path / "quick")], 20.0) is None
        assert elapsed_s() < 15


def test_the_generator_is_kept_once_for_a_user_and_a_version(tmp_path: Path) -> None:
    cached = tools_folder({"XDG_CACHE_HOME": str(tmp_path), "HOME": "/nowhere"})
    assert cached.parent == tmp_path / "finesse-chaos"
    assert tools_folder({"HOME": str(tmp_path)}) == tmp_path / ".cache" / "finesse-chaos" / cached.name
    assert tools_folder({"XDG_CACHE_HOME": "relative", "HOME": str(tmp_path)}).is_relative_to(tmp_path / ".cache")
