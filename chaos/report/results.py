"""Allure's results once they are all written: what pytest and its plugins put there past us is looked through."""

import json
from pathlib import Path

from chaos.redaction import Redactor

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


def _told(text: str, redactor: Redactor, *, is_json: bool) -> str:
    if is_json:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return redactor.told(text)
        told = redactor.told_in(document)
        return text if told == document else json.dumps(told, ensure_ascii=False)
    return redactor.told(text)
