"""A page of the generator with its program and its data compressed: it stays one file that opens from disk.

Theory of operation: the generator writes its program (2.6 MB) and every file of the report into the page as base64,
each by itself. Here all of them become one gzip stream, the same text once, and a few lines of script that unpack it
when the page is opened; from there on the generator's program finds what it expects. Browsers can do that by themselves
since 2023 (Compression Streams Standard); an older one is told so in words.
"""

import base64
import gzip
import json
import re
from collections.abc import Sequence

from chaos.report.described import picture_address

_PROGRAM = re.compile(r'<script\s+src="data:text/javascript;base64,([A-Za-z0-9+/=]*)"></script>')
_DATA = re.compile(
    r"<script async>\s*window\.allureReportDataReady = false;.*?</script>\s*"
    r"<script defer>\s*Promise\.allSettled\(\[(.*?)\]\)\s*\.then\(.*?</script>",
    re.DOTALL,
)
_FILE = re.compile(r'd\(("(?:[^"\\]|\\.)*"),"([A-Za-z0-9+/=]*)"\)')
_PACKED = re.compile(r'<script type="text/plain" id="packed">([A-Za-z0-9+/=]*)</script>')

# A picture stands twice in a report: as an attachment, and as an address in its test's text, which becomes a reference.
_PICTURE = re.compile(r"data:image/svg\+xml,[^\"\\]+")
_REFERENCE = "data:image/svg+xml,@@{}@@"
_REFERRED = re.compile(r"data:image/svg\+xml,@@(\d+)@@")
_UNPACK = """<script>
(async function () {
  function told(words) {
    document.getElementById("allure-app-loader")?.remove();
    document.getElementById("app").textContent = words;
  }
  if (typeof DecompressionStream !== "function") {
    told("This browser is too old for this page, which is compressed: it opens in Chrome, Edge, Firefox or Safari of "
      + "2023 or later. Beside it, summary.json and the *.md files say the same in words.");
    return;
  }
  try {
    const bytes = Uint8Array.from(atob(document.getElementById("packed").textContent), one => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const packed = JSON.parse(await new Response(stream).text());
    const base64 = text => {
      const bytes = new TextEncoder().encode(text);
      let binary = "";
      for (let from = 0; from < bytes.length; from += 32768) {
        binary += String.fromCharCode(...bytes.subarray(from, from + 32768));
      }
      return btoa(binary);
    };
    const escaped = /[%#"'<>&\\\\\\n\\r\\t`]/g;
    const address = text => "data:image/svg+xml," + text.replace(escaped, one =>
      "%" + one.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"));
    const whole = text => text.replace(/data:image\\/svg\\+xml,@@(\\d+)@@/g, (_, n) => address(packed.texts[n]));
    const data = window.allureReportData = {};
    for (const [name, number] of Object.entries(packed.files)) {
      // Made when it is asked for: most pictures of a report are never looked at.
      Object.defineProperty(data, name, {enumerable: true, get: () => base64(whole(packed.texts[number]))});
    }
    Object.assign(data, packed.binary);
    window.allureReportDataReady = true;
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob([packed.program], {type: "text/javascript"}));
    document.body.append(script);
    // The program's buttons that are pictures only have no names; whoever hears the page is to know what they do.
    const names = {
      "tree-arrow": "Open or close", "tree-subtree-toggle": "Open or close all below",
      "test-result-step-arrow-button": "Open or close this step", "test-result-steps-subtree-toggle": "Open all steps",
      "toggle-layout-button": "Tree and test side by side, or one at a time",
      "test-result-nav-prev": "The test before", "test-result-nav-next": "The next test",
    };
    const named = () => document.querySelectorAll("button:not([aria-label]):not([title])").forEach(one => {
      if (one.textContent.trim()) { return; }
      const inside = one.closest("[data-testid]")?.dataset.testid;
      one.setAttribute("aria-label", names[inside] ?? inside?.replaceAll("-", " ") ?? "Light or dark");
    });
    let isDue = false;
    new MutationObserver(() => {
      if (!isDue && (isDue = true)) { requestAnimationFrame(() => { isDue = false; named(); }); }
    }).observe(document.body, {childList: true, subtree: true});
    if (!location.hash) {
      // What is to be read first is the front page, the first thing in a tab of its own. Whoever goes on to the tree,
      // to whose first row the program moves, is to see the conclusion above it.
      const found = name => document.querySelector("[data-testid=" + name + "]");
      let isAsked = false;
      let isOpen = false;
      let isTree = false;
      const watched = new MutationObserver(() => {
        const tab = found("nav-tab-globalAttachments");
        if (!isAsked && tab && (isAsked = true)) {
          if (tab.querySelector("[data-testid=counter]")?.textContent !== "0") { tab.click(); } else { isOpen = true; }
        }
        const first = found("test-result-attachment-header");
        if (isAsked && !isOpen && first && (isOpen = true)) {
          // The program remembers what was open in that browser: it is not to be closed.
          requestAnimationFrame(() => requestAnimationFrame(() => {
            if (first.parentElement.childElementCount === 1) { first.querySelector("button").click(); }
          }));
        }
        if (isOpen && !isTree && found("tree-section-title") && (isTree = true)) {
          watched.disconnect();
          requestAnimationFrame(() => requestAnimationFrame(() =>
            document.querySelectorAll("[data-tree-scroll-container]").forEach(one => { one.scrollTop = 0; })));
        }
      });
      watched.observe(document.getElementById("app"), {childList: true, subtree: true});
    }
  } catch (error) {
    told("This page is damaged and cannot be unpacked: " + error);
    throw error;
  }
})();
</script>"""


def packed(page: str, changes: Sequence[tuple[str, str]] = ()) -> str:
    """The page, smaller. One that is not as this generator's pages are stays as it is.

    changes: (what stands in the generator's program, what is to stand there); what is not there is not changed.
    """
    program, data = _PROGRAM.search(page), _DATA.search(page)
    if program is None or data is None:
        return page
    texts: dict[str, int] = {}
    files: dict[str, int] = {}
    binary: dict[str, str] = {}
    pictures: dict[str, str] = {}
    # Like beside like: gzip looks back 32 kB for what it has seen before.
    for name, coded in sorted(_files(data[1]).items(), key=lambda one: _kind(one[0])):
        try:
            text = base64.b64decode(coded).decode("utf-8")
        except UnicodeDecodeError:
            binary[name] = coded
        else:
            if "/test-results/" in name:
                text = _PICTURE.sub(lambda found: pictures.get(found[0], found[0]), text)
            files[name] = texts.setdefault(text, len(texts))
            if name.endswith(".svg"):
                pictures[picture_address(text)] = _REFERENCE.format(files[name])
    source = base64.b64decode(program[1]).decode("utf-8")
    for before, after in changes:
        source = source.replace(before, after)
    content = {
        "program": source,
        "texts": list(texts),
        "files": files,
        "binary": binary,
    }
    # Without a time in its head, the same report gives the same bytes. Level 9 takes half as long again for 1.5 % less.
    stream = gzip.compress(json.dumps(content, ensure_ascii=False).encode("utf-8"), 6, mtime=0)
    holder = f'<script type="text/plain" id="packed">{base64.b64encode(stream).decode("ascii")}</script>'
    page = page[: data.start()] + holder + "\n" + _UNPACK + page[data.end() :]
    return page.replace(program[0], "", 1)


def unpacked(page: str) -> dict[str, bytes]:
    """Every file inside such a page, by its name: for whoever looks for something in it. Empty if it is not packed."""
    found = _PACKED.search(page)
    if found is None:
        return {}
    content = json.loads(gzip.decompress(base64.b64decode(found[1])))
    texts = content["texts"]
    files = {name: _whole(texts[number], texts).encode("utf-8") for name, number in content["files"].items()}
    return files | {name: base64.b64decode(coded) for name, coded in content["binary"].items()}


def _whole(text: str, texts: list[str]) -> str:
    return _REFERRED.sub(lambda found: picture_address(texts[int(found[1])]), text)


def _files(declared: str) -> dict[str, str]:
    return {json.loads(found[1]): found[2] for found in _FILE.finditer(declared)}


def _kind(name: str) -> tuple[str, str]:
    """Pictures first: they are referred to."""
    ending = name.rpartition(".")[2]
    return "" if ending == "svg" else ending, name
