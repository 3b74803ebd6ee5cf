"""`tasklist`: which processes of one program there are, read in any language."""

import pytest

from chaos.wire.console.service import TranscriptError
from chaos.wire.console.windows import format_tasks, parse_tasks, tasks_command

ONE = '"updateaw.exe","4712","Services","0","12,345 K"\r\n'
NONE = "INFO: No tasks are running which match the specified criteria.\r\n"


@pytest.mark.parametrize(
    ("text", "status", "pids"),
    [
        (ONE, 0, (4712,)),
        (ONE, None, (4712,)),
        ("\r\n" + ONE + ONE.replace("4712", "88"), 0, (4712, 88)),
        (ONE.replace("updateaw", "UPDATEAW").replace("Services", "Dienste").replace("12,345", "12.345"), 0, (4712,)),
        (NONE, 0, ()),
        ("INFORMATION: Es werden keine Aufgaben mit den angegebenen Kriterien ausgeführt.\r\n", 0, ()),
        (ONE.replace("updateaw", "other"), 0, ()),
    ],
)
def test_processes_are_read_from_names_and_numbers_in_any_language(
    text: str, status: int | None, pids: tuple[int, ...]
) -> None:
    assert parse_tasks("updateaw.exe", text, status) == pids


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 0), ("ERROR: Access denied.\r\n", 1), ("'tasklist' is not recognized as an internal\r\ncommand.\r\n", 0)],
)
def test_what_is_no_answer_does_not_say_that_there_is_no_process(text: str, status: int) -> None:
    with pytest.raises(TranscriptError, match="no answer about processes"):
        parse_tasks("updateaw.exe", text, status)


def test_an_answer_is_written_as_tasklist_does() -> None:
    assert format_tasks([("updateaw.exe", 4712)]) == [ONE.strip()]
    assert format_tasks([]) == [NONE.strip()]
    assert tasks_command("updateaw.exe") == 'tasklist /FI "IMAGENAME eq updateaw.exe" /FO CSV /NH'
    for image in ("*", "a*.exe", 'a"b', ""):
        with pytest.raises(TranscriptError, match="not the plain name"):
            tasks_command(image)
