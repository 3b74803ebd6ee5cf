"""One self-contained HTML page out of Allure results: it opens from disk, and asks nobody for anything."""

import contextlib
import json
import re
import shutil
import tempfile
from pathlib import Path

from chaos.report.allure import CATEGORIES
from chaos.report.packed import packed
from chaos.report.past import NIGHTS_MAX, borrowed, given_back
from chaos.report.tool import missing, run_tool, tool_path

_GENERATE_LIMIT_S = 180.0
_NAME = "finesse-chaos"

# Labels about the machine that ran the tests; a reader looks for the lab.
_MACHINE_LABELS = ("host", "thread", "framework", "language", "package", "parentSuite", "suite", "subSuite", "tag")
# Said in each test's parameters, or by its family. (What the tree is grouped by cannot be hidden.)
_SAID_ALREADY = ("severity", "clause")

# The generator has no switch for these.
_HIDDEN = (
    "[data-testid=nav-tab-qualityGate],[data-testid=nav-tab-globalErrors],[data-testid=retry-filter],"
    "[data-testid=flaky-filter],[class*=report-logo],div:has(>[data-testid=report-header])~*,"
    "[data-testid=test-result-tab-retries],[data-testid=test-result-tab-environments],"
    # A question mark before each thing that is cited, which is a fact: neither passed nor failed.
    "[data-testid=test-result-step-header] [data-testid=tree-leaf-status-unknown]"
)
_SHOWN = (
    # A picture that is expanded is as wide as there is room, not so small that all of it fits.
    "[data-testid=image-attachment-content]{width:100%}"
    "[data-testid=image-attachment-content] img{max-height:none!important;height:auto!important;width:100%!important}"
    "[class*=modal-data-component]{overflow:auto!important}"
    # Our words stand above the verdict's raw text, which is for whoever wants it as pytest has it.
    "div:has(>[data-testid=test-result-description]){display:flex;flex-direction:column}"
    "div:has(>[data-testid=test-result-description])>:first-child{order:-2}"
    "[data-testid=test-result-description]{order:-1}"
    # On a telephone the buttons beside a title leave it one letter a line.
    "@media(max-width:600px){[data-testid=test-result-attachment-header]{flex-wrap:wrap}"
    "[data-testid=test-result-attachment-header]>button{flex:1 0 100%}}"
)
# How many failed and passed is not told by colours alone; whoever hears the page hears the word.
_SIGNED = "".join(
    f"[class*=tree-status-bar-item][class*=_{status}]::before{{content:'{sign} ';content:'{sign} ' / '{status} '}}"
    for status, sign in (("failed", "✗"), ("broken", "?"), ("passed", "✓"), ("skipped", "–"))
)
_CHANGES = (
    # What stands under this title is our front page, and what agents saw.
    ('"globalAttachments":"Global Attachments"', '"globalAttachments":"Front page"'),
    # All other durations of the page are of the lab's time; how long it really took stands on the front page.
    (" (${(0,Ae.a3)(i.duration)})`", "`"),
    # A page opened from disk may not look into a frame with an address of its own, and so took 150 px for whatever is
    # in it; into one whose text it gives it may, and the front page is as long as it is: nothing is scrolled inside it.
    (
        "r=URL.createObjectURL(t);return n(r),()=>URL.revokeObjectURL(r)}),[i,l]),l?Wr",
        "r=0;t.text().then(n)}),[i,l]),l?Wr",
    ),
    ('title:"Markdown attachment",src:t,', 'title:"Markdown attachment",srcDoc:t,'),
    # In such a frame, what is longer or broader than it can be read by scrolling.
    (
        r"overflow-x: hidden;\n  overflow-y: hidden;\n  background: var(--color-bg-primary)",
        r"overflow-x: auto;\n  overflow-y: auto;\n  background: var(--color-bg-primary)",
    ),
    # A cell of a table wraps its words, and no column is beyond the edge.
    (
        r"var(--color-border-default) !important;\n  white-space: nowrap",
        r"var(--color-border-default) !important;\n  white-space: normal",
    ),
)

# In Firefox a file's origin is the word "null", with which no address can be made: an error in its console.
_ADDRESS = ("new URL(pathname, origin)", "new URL(pathname, window.location.href)")

_OUTSIDE_SCRIPT = re.compile(r"<script\b[^>]*\bsrc\s*=\s*[\"']?(?:https?:)?//[^>]*>\s*</script>", re.IGNORECASE)
_GOOGLE_TAG = re.compile(
    r"<script>\s*window\.dataLayer\s*=(?:(?!</script>).)*gtag\((?:(?!</script>).)*</script>", re.DOTALL
)


def build_html(results: Path, out: Path, tools: Path, *, title: str = _NAME, history: Path | None = None) -> Path | str:
    """Make `out` from the Allure results in `results` with the generator under `tools`. title: what stands at its head.
    history: of earlier nights; this run is added to it.

    Gives `out`, or the reason why there is no page: no Node, no generator, no results, or what the generator said.
    """
    reason = missing(tools)
    if reason is not None:
        return reason
    if not any(results.glob("*-result.json")):
        return f"there are no Allure results in {results}"
    with tempfile.TemporaryDirectory(prefix="finesse-chaos-report-") as scratch:
        return _built(results.resolve(), out.resolve(), tools.resolve(), Path(scratch), title, history)


def _built(results: Path, out: Path, tools: Path, scratch: Path, title: str, history: Path | None = None) -> Path | str:
    config = scratch / "allurerc.json"
    past = borrowed(history, scratch) if history is not None else None
    config.write_text(json.dumps(_config(scratch / "page", title, past)), encoding="utf-8")
    command = [str(tool_path(tools)), "generate", str(results), "--config", str(config), "--cwd", str(scratch)]
    said = run_tool(command, _GENERATE_LIMIT_S, cwd=scratch)
    if said is not None:
        return f"the report generator failed: {said}"
    pages = sorted((scratch / "page").rglob("index.html"), key=lambda page: -page.stat().st_size)
    if not pages:
        return "the report generator left no page"
    page = without_what_says_nothing(without_outside_requests(pages[0].read_text(encoding="utf-8")))
    page = packed(page, _CHANGES)
    unfinished = scratch / "finished.html"
    unfinished.write_text(page, encoding="utf-8")
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(unfinished, out)
    if past is not None and history is not None:
        with contextlib.suppress(OSError):  # a page without a trend is better than none
            given_back(past, history)
    return out


def _config(output: Path, title: str, past: Path | None = None) -> dict[str, object]:
    """The generator's configuration: one file, the tree by family, clause and experiment."""
    options = {
        "reportName": title,
        "singleFile": True,
        "reportLanguage": "en",
        "theme": "auto",
        "groupBy": ["epic", "feature", "story"],
        # Evidence opens to its lines of the journal; all of them open would be a page of JSON.
        "stepTreeExpansion": "expand_failed_only",
        # Not "charts" and "timeline", which show shares of tests, and when pytest ran which.
        "sections": [],
    }
    return {
        "name": title,
        "output": str(output),
        "open": False,
        "hideLabels": [*_MACHINE_LABELS, *_SAID_ALREADY],
        "plugins": {"awesome": {"options": options}},
        "categories": {"rules": [dict(rule) for rule in CATEGORIES]},
        **({"historyPath": str(past), "historyLimit": NIGHTS_MAX} if past is not None else {}),
    }


def without_what_says_nothing(page: str) -> str:
    """The page without the generator's tabs that a run never fills, and its ring of passed tests: clauses count."""
    page = page.replace(*_ADDRESS)
    return page.replace("</head>", f"<style>{_HIDDEN}{{display:none!important}}{_SHOWN}{_SIGNED}</style></head>", 1)


def without_outside_requests(page: str) -> str:
    """The page without scripts from elsewhere: the generator puts an analytics tag in and has no switch for it."""
    return _GOOGLE_TAG.sub("", _OUTSIDE_SCRIPT.sub("", page))
