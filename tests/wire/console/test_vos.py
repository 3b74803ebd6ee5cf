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
        ("Cisco Tomcat[Started]", ServiceLine("Cisco Tomcat", S.STARTED)),
        ("Cisco Tomcat[FAILED]  Reason [exit 1]", ServiceLine("Cisco Tomcat", S.UNKNOWN, "FAILED Reason [exit 1]")),
        ("Cisco Tomcat[STOPPED]  Reason [exit 1]", ServiceLine("Cisco Tomcat", S.STOPPED, "Reason [exit 1]")),
        ("Cisco Tomcat[Degraded]", ServiceLine("Cisco Tomcat", S.UNKNOWN, "Degraded")),
        ("Some Gadget [v2][STOPPED]", ServiceLine("Some Gadget [v2]", S.STOPPED)),
        ("Cisco Tomcat[STARTED] Cisco AMC Service[STOPPED]", None),
        ("Cisco Tomcat[STARTED]Cisco AMC Service[STARTED]", None),
        ("Cisco Tomcat[STARTED] Cisco AMC Service[Degraded]", None),
        ("Cisco Tomcat[Degraded] Cisco AMC Service[STARTED]", None),
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


def test_a_line_that_cannot_be_read_is_reported_and_takes_no_other_with_it() -> None:
    both = "Cisco Tomcat[STARTED] Cisco AMC Service[STOPPED]"
    listed = vos.parse_service_list(LISTING.replace("Cisco Tomcat[ STOPPED ]", both))
    assert listed.unread == (both,)
    assert listed.find("A Cisco DB") == ServiceLine("A Cisco DB", S.STARTED)
    assert listed.find("Nobody") is None
    for name in ("Cisco Tomcat", "Cisco AMC Service"):
        with pytest.raises(TranscriptError, match=f"the line of '{name}' in 'utils service list' cannot be read"):
            listed.find(name)


WALLS = {
    "sysvinit": "\nBroadcast message from admin@fin-a\n\t(/dev/pts/0) at 12:34 ...\n\n"
    "The system is going down for reboot NOW!\n",
    "util-linux": f"{'':79}\nBroadcast message from root@fin-a (pts/1) (Tue Jan  6 10:00:00 2026):{'':9}\n{'':79}\n"
    f"{'maintenance at noon':79}\n{'':79}\n",
    "one line": "Broadcast message from admin@fin-a:\nshutting down\n",
}


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS.keys())
def test_a_wall_message_between_two_lines_is_dropped(wall: str) -> None:
    lines = LISTING.splitlines(keepends=True)
    for at in range(1, len(lines)):
        text = "".join((*lines[1:at], wall, *lines[at:]))
        assert vos.parse_service_list(text) == vos.parse_service_list("".join(lines[1:])), at


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS.keys())
def test_a_wall_message_in_the_middle_of_a_line_makes_the_reading_unusable(wall: str) -> None:
    at = LISTING.index("Finesse Tomcat")
    with pytest.raises(TranscriptError, match="a wall message came into the middle"):
        vos.parse_service_list(LISTING[len("utils service list\n") : at] + "\n" + wall + LISTING[at:])
    with pytest.raises(TranscriptError, match="a wall message came into the middle"):
        vos.parse_service_list(LISTING[len("utils service list\n") : at] + wall.lstrip() + LISTING[at:])


def test_two_listings_in_one_answer_are_none() -> None:
    one = LISTING.removeprefix("utils service list\n")
    with pytest.raises(TranscriptError, match="more than one listing"):
        vos.parse_service_list(one + one)
    with pytest.raises(TranscriptError, match="says two things of 'Cisco Finesse Tomcat'"):
        vos.parse_service_list(one.replace("Finesse Tomcat[STARTED]", "Finesse Tomcat[STOPPED]") + one)
    with pytest.raises(TranscriptError, match="a prompt stands in the middle"):
        vos.parse_service_list(one.replace("Finesse Tomcat", "Finadmin:esse Tomcat"))


def test_a_listing_is_whole_when_its_last_line_is_there() -> None:
    one = LISTING.removeprefix("utils service list\n")
    assert vos.is_whole_list(one)
    assert vos.is_whole_list(one + "\n")
    assert not vos.is_whole_list("")
    assert not vos.is_whole_list(one + one)
    assert not any(vos.is_whole_list(one[:at]) for at in range(len(one) - 1))


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
        [
            ServiceLine("Cisco Tomcat", S.STARTED),
            ServiceLine("Cisco DRF Master", S.STOPPED, "Commanded Out of Service"),
        ],
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
