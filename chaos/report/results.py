"""Allure's results once they are all written: what pytest and its plugins put there past us is looked through."""

import json
from collections.abc import Iterable
from pathlib import Path

from allure_commons.model2 import Status

from chaos.redaction import Redactor
from chaos.report.judged import Judged

_TEXTS = (".txt", ".json", ".md", ".csv", ".xml", ".svg", ".html", ".properties", "")


def redact_results(results: Path, redactor: Redactor) -> None:
    """Blot secrets out of every result, container and text beside them: tracebacks, captured output, parameters.

    In JSON each text by itself, so that a secret like `","` takes no document apart.
    """
    for path in sorted(results.iterdir()) if results.is_dir() else ():
        if not path.is_file() or path.suffix not in _TEXTS:
            continue
        text = path.read_bytes().decode("utf-8", errors="surrogateescape")
        told = _told(text, redactor, is_json=path.suffix == ".json")
        if told != text:
            path.write_bytes(told.encode("utf-8", errors="surrogateescape"))


def mark_known(results: Path, rows: Iterable[Judged]) -> None:
    """Say in Allure's own way which failures are known; they stay failed."""
    known = {(row.clause, row.test.rpartition("::")[2]): row.known for row in rows if row.known}
    for path in sorted(results.glob("*-result.json")) if known else ():
        document = json.loads(path.read_text(encoding="utf-8"))
        clause = next((one["value"] for one in document.get("labels", ()) if one.get("name") == "clause"), "")
        tickets = known.get((clause, document.get("fullName", "").rpartition("#")[2]))
        if tickets is None or document.get("status") != Status.FAILED:
            continue
        details = document.setdefault("statusDetails", {})
        details |= {"known": True, "message": f"Known issue {', '.join(tickets)}: {details.get('message', '')}"}
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _told(text: str, redactor: Redactor, *, is_json: bool) -> str:
    if is_json:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return redactor.told(text)
        told = redactor.told_in(document)
        return text if told == document else json.dumps(told, ensure_ascii=False)
    return redactor.told(text)
