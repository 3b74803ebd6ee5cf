"""VOS transcripts, literally."""

import pytest

from chaos.wire.console import vos
from chaos.wire.console.service import ServiceLine, ServiceState, TranscriptError
from chaos.wire.console.vos import Action, Confirmation

S = ServiceState

LISTING = """utils service list
Requesting service status, please wait...
System SSH [STARTED]
Password Reset [STOPPED] Service Activated
Name Service Cache [STOPPED] Service Not Activated
Service Manager [STARTED]
Service Manager is running
Getting list of all services
>> Return code = 0
A Cisco DB[STARTED]
Cisco DRF Master[STOPPED]  Commanded Out of Service
Cisco Finesse Tomcat[STARTED]
SOAP -Log Collection APIs[STARTED]
Cisco Tomcat[ STOPPED ]
Some Gadget [v2][STOPPED]  Component is not running
Primary Node =true
"""


def test_a_listing_is_read_line_by_line() -> None:
    assert vos.parse_service_list(LISTING) == vos.ServiceList(
        (
            ServiceLine("System SSH", S.STARTED),
            ServiceLine("Password Reset", S.STOPPED, "Service Activated"),
            ServiceLine("Name Service Cache", S.STOPPED, "Service Not Activated"),
            ServiceLine("Service Manager", S.STARTED),
            ServiceLine("A Cisco DB", S.STARTED),
            ServiceLine("Cisco DRF Master", S.STOPPED, "Commanded Out of Service"),
            ServiceLine("Cisco Finesse Tomcat", S.STARTED),
            ServiceLine("SOAP -Log Collection APIs", S.STARTED),
            ServiceLine("Cisco Tomcat", S.STOPPED),
            ServiceLine("Some Gadget [v2]", S.STOPPED, "Component is not running"),
        ),
        primary=True,
    )


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("Cisco Tomcat[STARTED]", ServiceLine("Cisco Tomcat", S.STARTED)),
        ("Cisco Tomcat                       [STARTED]", ServiceLine("Cisco Tomcat", S.STARTED)),
        ("Cisco Tomcat[STOPPING]  ", ServiceLine("Cisco Tomcat", S.STOPPING)),
        ("Cisco Tomcat[STARTING]  ", ServiceLine("Cisco Tomcat", S.STARTING)),
        ("Cisco Tomcat[NOTRUNNING]", ServiceLine("Cisco Tomcat", S.STOPPED, "NOTRUNNING")),
        ("Cisco Tomcat[FAILED]  really", ServiceLine("Cisco Tomcat", S.UNKNOWN, "FAILED really")),
        ("Service Manager is running", None),
        (">> Return code = 0", None),
        ("[STARTED]", None),
        ("Cisco Tomcat[STARTED", None),
        ("Cisco Tomcat[]", None),
        ("", None),
    ],
)
def test_a_service_line_in_every_spelling(line: str, read: ServiceLine | None) -> None:
    assert vos.parse_service_line(line) == read


def test_the_secondary_node_says_so_and_a_silent_one_is_not_guessed() -> None:
    assert vos.parse_service_list("X[STARTED]\nPrimary Node =false").primary is False
    assert vos.parse_service_list("X[STARTED]").primary is None


@pytest.mark.parametrize(
    "text", ["", "utils service list\nRequesting service status, please wait...", "\x00\x01 garbage"]
)
def test_an_answer_without_services_is_no_listing(text: str) -> None:
    with pytest.raises(TranscriptError, match="holds no service"):
        vos.parse_service_list(text)


def test_a_listing_that_failed_says_why() -> None:
    with pytest.raises(TranscriptError, match="Service Manager is down: Executed command unsuccessfully"):
        vos.parse_service_list("Service Manager is down\nExecuted command unsuccessfully.\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Invalid service name: X\n\nExecuted command unsuccessfully\n", "Invalid service name: X: " + vos.FAILED),
        ("Executed command unsuccessfully", vos.FAILED),
        ("No valid command entered\n", vos.INVALID),
        ("Command successful.\n", None),
        ("he said: Executed command unsuccessfully, twice", None),
    ],
)
def test_a_failure_is_told_by_its_text(text: str, reason: str | None) -> None:
    assert vos.failure(text) == reason


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("Continue (y/n)?", Confirmation.LETTER),
        ("Do you want to continue (yes/no) ? ", Confirmation.WORD),
        ("Enter (yes/no)? ", Confirmation.WORD),
        ("Proceed with regeneration (yes|no)? ", Confirmation.WORD),
        ("Press ENTER to continue. Press any other key to exit :", Confirmation.ENTER),
        ("Continue (y/n)? y", None),
        ("admin:", None),
    ],
)
def test_a_question_is_recognised_at_the_end_of_the_line(line: str, form: Confirmation | None) -> None:
    assert vos.confirmation(line) is form


@pytest.mark.parametrize(
    ("line", "before", "answer"),
    [
        ("Press <enter> for 1 line, <space> for one page, or <q> to quit", "x", " "),
        ("options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 189216) : ", "x", "n"),
        ("options: q=quit, n=next, p=prev, b=begin, e=end (lines 9 - 9 of 9) : ", "end of the file reached", "q"),
        ("Press <enter> for 1 line", "x", None),
    ],
)
def test_both_pagers_are_answered(line: str, before: str, answer: str | None) -> None:
    assert vos.pager_answer(line, before) == answer


def test_an_action_is_typed_with_the_name_unquoted() -> None:
    assert vos.action_command(Action.RESTART, "Cisco Finesse Tomcat") == "utils service restart Cisco Finesse Tomcat"
    assert [action.target for action in Action] == [S.STARTED, S.STOPPED, S.STARTED]


@pytest.mark.parametrize("name", ["", "  ", "Cisco\nTomcat", "a\x03"])
def test_a_name_that_is_no_line_is_not_typed(name: str) -> None:
    with pytest.raises(TranscriptError, match="cannot be typed"):
        vos.action_command(Action.STOP, name)


def test_a_written_listing_is_as_the_guides_print_it() -> None:
    lines = vos.format_service_list(
        [ServiceLine("Cisco Tomcat", S.STARTED), ServiceLine("Cisco DRF Master", S.STOPPED, vos.COMMANDED_OUT)],
        platform=[ServiceLine("System SSH", S.STARTED)],
        primary=False,
    )
    assert lines == [
        "Requesting service status, please wait...",
        "System SSH [STARTED]",
        "Service Manager is running",
        "Getting list of all services",
        ">> Return code = 0",
        "Cisco Tomcat[STARTED]",
        "Cisco DRF Master[STOPPED]  Commanded Out of Service",
        "Primary Node =false",
    ]
    assert vos.format_status("Cisco Finesse Tomcat", S.STOPPING) == "Cisco Finesse Tomcat[STOPPING]  "
