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

_PROGRAM = re.compile(r'<script\s+src="data:text/javascript;base64,([A-Za-z0-9+/=]*)"></script>')
_DATA = re.compile(
    r"<script async>\s*window\.allureReportDataReady = false;.*?</script>\s*"
    r"<script defer>\s*Promise\.allSettled\(\[(.*?)\]\)\s*\.then\(.*?</script>",
    re.DOTALL,
)
_FILE = re.compile(r'd\(("(?:[^"\\]|\\.)*"),"([A-Za-z0-9+/=]*)"\)')
_PACKED = re.compile(r'<script type="text/plain" id="packed">([A-Za-z0-9+/=]*)</script>')

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
    const data = window.allureReportData = {};
    for (const [name, number] of Object.entries(packed.files)) {
      // Made when it is asked for: most pictures of a report are never looked at.
      Object.defineProperty(data, name, {enumerable: true, get: () => base64(packed.texts[number])});
    }
    Object.assign(data, packed.binary);
    window.allureReportDataReady = true;
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob([packed.program], {type: "text/javascript"}));
    document.body.append(script);
  } catch (error) {
    told("This page is damaged and cannot be unpacked: " + error);
    throw error;
  }
})();
</script>"""


def packed(page: str) -> str:
    """The page, smaller. One that is not as this generator's pages are stays as it is."""
    program, data = _PROGRAM.search(page), _DATA.search(page)
    if program is None or data is None:
        return page
    texts: dict[str, int] = {}
    files: dict[str, int] = {}
    binary: dict[str, str] = {}
    # Like beside like: gzip looks back 32 kB for what it has seen before.
    for name, coded in sorted(_files(data[1]).items(), key=lambda one: _kind(one[0])):
        try:
            text = base64.b64decode(coded).decode("utf-8")
        except UnicodeDecodeError:
            binary[name] = coded
        else:
            files[name] = texts.setdefault(text, len(texts))
    content = {
        "program": base64.b64decode(program[1]).decode("utf-8"),
        "texts": list(texts),
        "files": files,
        "binary": binary,
    }
    # Without a time in its head, the same report gives the same bytes.
    stream = gzip.compress(json.dumps(content, ensure_ascii=False).encode("utf-8"), 9, mtime=0)
    holder = f'<script type="text/plain" id="packed">{base64.b64encode(stream).decode("ascii")}</script>'
    page = page[: data.start()] + holder + "\n" + _UNPACK + page[data.end() :]
    return page.replace(program[0], "", 1)


def unpacked(page: str) -> dict[str, bytes]:
    """Every file inside such a page, by its name: for whoever looks for something in it. Empty if it is not packed."""
    found = _PACKED.search(page)
    if found is None:
        return {}
    content = json.loads(gzip.decompress(base64.b64decode(found[1])))
    files = {name: content["texts"][number].encode("utf-8") for name, number in content["files"].items()}
    return files | {name: base64.b64decode(coded) for name, coded in content["binary"].items()}


def _files(declared: str) -> dict[str, str]:
    return {json.loads(found[1]): found[2] for found in _FILE.finditer(declared)}


def _kind(name: str) -> tuple[str, str]:
    return name.rpartition(".")[2], name
