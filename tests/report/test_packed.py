"""The compressed page: smaller by much, the same files inside, and never worse than what the generator made."""

import base64
import gzip
import json
import re

from chaos.report.described import picture_address
from chaos.report.packed import packed, unpacked

SVG = "<svg a='1'>100 % & #1 \"x\" \\ ` é\n\t</svg>"
PROGRAM = "window.allure.run();" * 2000


def coded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def page(files: dict[str, bytes]) -> str:
    """A page as Allure 3.18 writes one, shorter."""
    declared = ",".join(f"d({json.dumps(name)},{json.dumps(coded(content))})" for name, content in files.items())
    return (
        f'<html><body><div id="app"></div>\n<script   src="data:text/javascript;base64,{coded(PROGRAM.encode())}">'
        "</script>\n<script async>\n      window.allureReportDataReady = false;\n window.allureReportData = {};\n"
        "function d(name, value){}\n</script>\n<script defer>\n"
        f"      Promise.allSettled([{declared}])\n        .then(function(){{\n window.allureReportDataReady = true;\n"
        "        })\n    </script>\n</body></html>"
    )


FILES = {
    "widgets/tree.json": b'{"a": "b"}',
    "data/attachments/one.svg": "<svg>„…“ </svg>".encode() * 500,
    "data/attachments/two.svg": "<svg>„…“ </svg>".encode() * 500,
    "data/attachments/three.bin": bytes(range(256)),
    "data/test-results/four.json": json.dumps({"descriptionHtml": f'<img src="{picture_address(SVG)}">'}).encode(),
    "data/test-results/five.json": json.dumps({"descriptionHtml": f'<img src="{picture_address("<svg/>")}">'}).encode(),
    "data/attachments/z.svg": SVG.encode(),
}


def test_every_file_of_the_report_is_inside_as_it_was() -> None:
    assert unpacked(packed(page(FILES))) == FILES


def test_a_picture_in_a_text_that_is_an_attachment_too_is_kept_once() -> None:
    assert picture_address(SVG) not in content(packed(page(FILES)))
    assert picture_address("<svg/>") in content(packed(page(FILES)))


def content(page: str) -> str:
    """What is compressed in it."""
    found = re.search(r'id="packed">([^<]*)<', page)
    assert found is not None
    return " ".join(json.loads(gzip.decompress(base64.b64decode(found[1])))["texts"])


def test_the_page_is_smaller_and_the_same_each_time() -> None:
    before = page(FILES)
    after = packed(before)
    assert len(after) < len(before) / 10
    assert after == packed(before)
    assert "data:text/javascript" not in after
    assert after.startswith('<html><body><div id="app"></div>')
    assert after.endswith("</body></html>")


def test_the_program_is_changed_where_it_is_as_expected() -> None:
    changed = packed(page(FILES), [("allure.run()", "allure.walk()"), ("not there", "never there")])
    assert changed != packed(page(FILES))
    assert packed(page(FILES), [("not there", "never there")]) == packed(page(FILES))


def test_a_page_of_another_shape_stays_as_it_is() -> None:
    for other in ("<html></html>", page(FILES).replace("allureReportDataReady = false", "somethingElse()")):
        assert packed(other) == other
        assert unpacked(other) == {}
