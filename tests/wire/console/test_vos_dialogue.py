"""The dialogue state machine on literal bytes, cut in every way."""

from collections.abc import Iterable, Iterator, Sequence

import pytest

from chaos.wire.console import vos
from chaos.wire.console.service import OutOfStep, TranscriptError
from chaos.wire.console.vos_dialogue import (
    ASKED_S,
    QUIET_S,
    WAKE_AFTER_S,
    WAKE_UNGREETED_S,
    AsksBack,
    Done,
    Need,
    Order,
    Phase,
    Send,
    VosDialogue,
)

BANNER = (
    b"Command Line Interface is starting up, please wait ...\r\n\r\n"
    b"   Welcome to the Platform Command Line Interface\r\n\r\nVMware Installation:\r\n"
    b"\t2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz\r\n"
    b"\tWARNING: DNS unreachable\r\n\r\nadmin:"
)
PAGER = b"\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m"
LIST = "utils service list"
RESTART = "utils service restart Cisco Finesse Tomcat"
RESTARTED = (
    b"utils service restart Cisco Finesse Tomcat\r\n"
    b" Don't press Ctrl-c while the service is getting RESTARTED."
    b"If Service has not Restarted Properly, execute the same Command Again\r\n"
    b"Service Manager is running\r\nCisco Finesse Tomcat[STOPPING]  \r\nCisco Finesse Tomcat[STARTING]  \r\n"
    b"Cisco Finesse Tomcat[STARTED]  \r\n\r\nadmin:"
)


def every_cut(said: bytes) -> Iterator[list[bytes]]:
    """The bytes whole, in two at every place, and one by one."""
    yield [said]
    for at in range(1, len(said)):
        yield [said[:at], said[at:]]
    yield [said[at : at + 1] for at in range(len(said))]


def hold(dialogue: VosDialogue, pieces: Iterable[bytes], *, then_quiet: bool = True) -> list[Order]:
    """All orders but the waits, in order, to the end of the dialogue or of the bytes and the silence after them."""
    orders = [*dialogue.start()]
    if dialogue.phase is Phase.DRAIN:
        orders += dialogue.quiet()
    for piece in pieces:
        if dialogue.phase is not Phase.OVER:
            orders += dialogue.receive(piece)
    if then_quiet and dialogue.phase in (Phase.DRAIN, Phase.STANDING):
        orders += dialogue.quiet()
    return [order for order in orders if not isinstance(order, Need)]


def typed(command: str) -> VosDialogue:
    """A command that stands typed at the prompt, its echo still to come."""
    dialogue = VosDialogue.command(command, is_whole=vos.is_whole_list)
    assert dialogue.start() == (Need(0.0),)
    assert dialogue.quiet() == (Send(command + "\r"), Need())
    return dialogue


def test_a_login_ends_when_the_first_prompt_has_stood_for_a_while() -> None:
    for pieces in every_cut(BANNER):
        (done,) = hold(VosDialogue.login(), pieces)
        assert isinstance(done, Done)
        assert "Welcome to the Platform" in done.text


def test_a_command_ends_at_the_prompt_after_its_echo_however_the_bytes_are_cut() -> None:
    for pieces in every_cut(RESTARTED):
        typed, done = hold(VosDialogue.command(RESTART), pieces)
        assert typed == Send(RESTART + "\r")
        assert isinstance(done, Done)
        assert done.text.splitlines()[-1] == "Cisco Finesse Tomcat[STARTED]  "
        assert RESTART not in done.text


@pytest.mark.parametrize(
    "prompt",
    [b"\r\nadmin:", b"\r\n\r\x1b[Kadmin:", b"\r\nadmin:\r\n\radmin:", b"\x1b[24;1Hadmin:", b"\r\n\x1b[Kadmin: "],
)
def test_the_prompt_is_known_in_every_dress(prompt: bytes) -> None:
    said = b"utils service list\r\nCisco Tomcat[STARTED]" + prompt
    for pieces in every_cut(said):
        orders = hold(VosDialogue.command(LIST), pieces)
        assert isinstance(orders[-1], Done)
        assert "Cisco Tomcat[STARTED]" in orders[-1].text


def test_the_word_admin_within_a_line_is_no_prompt() -> None:
    dialogue = VosDialogue.command(LIST)
    assert hold(dialogue, [b"utils service list\r\nBroadcast message from admin:"]) == [Send(LIST + "\r")]
    assert hold(VosDialogue.command(LIST), [b"utils service list\r\nadmin:x"]) == [Send(LIST + "\r")]


# --- out of step (k4)

WHOLE = (
    b"Requesting service status, please wait...\r\nService Manager is running\r\nGetting list of all services\r\n"
    b">> Return code = 0\r\nCisco Finesse Tomcat[STARTED]\r\nPrimary Node =true\r\n\r\n"
)
ECHO = b"utils service list\r\n"


def test_a_whole_listing_ends_at_its_prompt_without_any_waiting() -> None:
    for pieces in every_cut(ECHO + WHOLE + b"admin:"):
        dialogue = typed(LIST)
        for piece in pieces:
            last = dialogue.receive(piece)
        assert isinstance(last[-1], Done)


def test_nothing_is_typed_before_the_last_prompt_has_stood_alone_for_a_while() -> None:
    dialogue = VosDialogue.command(LIST, quiet_s=1.1)
    assert dialogue.start() == (Need(1.1),)
    assert dialogue.receive(b"\r\nadm") == (Need(QUIET_S),)
    assert dialogue.receive(b"in:") == (Need(QUIET_S),)
    assert dialogue.quiet() == (Send(LIST + "\r"), Need())


def test_a_second_prompt_between_command_and_echo_is_passed_over() -> None:
    dialogue = typed(LIST)
    assert dialogue.receive(b"\r\nadmin:") == (Need(),)
    assert dialogue.receive(ECHO) == (Need(),)
    (done,) = dialogue.receive(WHOLE + b"admin:")
    assert isinstance(done, Done)


@pytest.mark.parametrize("late", [b"admin:", b"\r\nadmin:", b"admin:\r\n\radmin:"])
def test_a_second_prompt_after_the_echo_does_not_end_a_listing_that_has_not_come_yet(late: bytes) -> None:
    for begun in (b"", WHOLE[:43], WHOLE[:71]):
        dialogue = typed(LIST)
        dialogue.receive(ECHO + begun)
        orders = dialogue.receive(late)
        assert orders == (Need(QUIET_S),)
        with pytest.raises(OutOfStep, match="after the prompt that ended 'utils service list' came"):
            dialogue.receive(b"\r\nCisco Finesse Tomcat[STOPPED]\r\n")


def test_what_is_left_of_an_earlier_answer_is_never_read_on() -> None:
    before_typing = VosDialogue.command(LIST)
    before_typing.start()
    with pytest.raises(OutOfStep, match="before 'utils service list' came"):
        before_typing.receive(b"Cisco Finesse Tomcat[STOPPED]\r\nadmin:")
    before_echo = typed(LIST)
    before_echo.receive(b"Cisco Finesse Tomcat[STOPPED]\r\nadmin:")
    with pytest.raises(OutOfStep, match="before the echo of 'utils service list' came"):
        before_echo.receive(ECHO + WHOLE + b"admin:")


def test_an_echo_that_never_comes_is_not_made_up_for_by_a_prompt() -> None:
    dialogue = typed(LIST)
    assert dialogue.receive(WHOLE + b"admin:") == (Need(),)
    assert dialogue.quiet() == (Need(),)
    with pytest.raises(OutOfStep, match="before the echo"):
        dialogue.receive(b"x" * 3000)


def test_an_answer_that_says_nowhere_that_it_is_complete_has_to_stand() -> None:
    dialogue = VosDialogue.command("show version active")
    dialogue.start()
    dialogue.quiet()
    assert dialogue.receive(b"show version active\r\n12.6\r\nadmin:") == (Need(QUIET_S),)
    assert dialogue.receive(b"\r\n\radmin:") == (Need(QUIET_S),)
    assert dialogue.quiet()[0] in (Done("12.6"), Done("12.6\nadmin:"))


# --- questions at login (k9)


@pytest.mark.parametrize(
    "question",
    [
        b"You are required to change your password immediately\r\nCurrent password: ",
        b"WARNING: Your password has expired.\r\n(current) UNIX password: ",
        b"Enter new password:",
        b"Do you accept (yes/no)?",
        b"accept (yes/no)? ",
        b"Press <Enter> to accept.",
        b"Verification code: ",
        b"Continue [y/N]",
    ],
)
def test_a_question_at_login_is_answered_by_nobody(question: bytes) -> None:
    for pieces in every_cut(BANNER.removesuffix(b"admin:") + question):
        dialogue = VosDialogue.login()
        dialogue.start()
        for piece in pieces:
            last = dialogue.receive(piece)
            assert not any(isinstance(order, Send) for order in last)
        assert last == (Need(ASKED_S),)
        with pytest.raises(AsksBack, match="asks at login"):
            dialogue.quiet()


def test_an_enter_wakes_a_node_only_where_nothing_stands_on_the_line() -> None:
    dialogue = VosDialogue.login()
    dialogue.start()
    dialogue.receive(b"root@host:~# ")
    assert dialogue.quiet() == (Need(WAKE_AFTER_S),)
    dialogue.receive(b"\r\n")
    assert dialogue.quiet() == (Send("\r"), Need(WAKE_AFTER_S))


@pytest.mark.parametrize(
    "echo",
    [
        b"utils service restart Cisco Finesse \rTomcat\r\n",  # readline at the margin of 80 columns
        b"utils service restart Cisco Finesse To\x08\x08Tomcat\r\n",  # a redraw over itself
        b"utils service restart Cisco \x1b[KFinesse Tomcat\r\n",
    ],
)
def test_a_wrapped_or_redrawn_echo_is_known(echo: bytes) -> None:
    for pieces in every_cut(echo + b"Cisco Finesse Tomcat[STARTED]  \r\nadmin:"):
        dialogue = VosDialogue.command(RESTART)
        assert isinstance(hold(dialogue, pieces)[-1], Done)


def segments_hold(dialogue: VosDialogue, segments: Sequence[bytes], cut: int) -> list[Order]:
    """Each segment in two pieces, cut there, or one by one for a cut below 0."""
    pieces: list[bytes] = []
    for segment in segments:
        one_by_one = [segment[at : at + 1] for at in range(len(segment))]
        pieces += one_by_one if cut < 0 else [segment[:cut], segment[cut:]]
    return hold(dialogue, pieces)


def test_each_page_is_turned_once_however_the_bytes_are_cut() -> None:
    segments = [
        b"utils service list\r\nA[STARTED]\r\n" + PAGER,
        b"\r\x1b[KB[STARTED]\r\n" + PAGER,
        b"\r\x1b[KC[STOPPED]\r\nadmin:",
    ]
    for cut in range(-1, max(map(len, segments))):
        orders = segments_hold(VosDialogue.command(LIST), segments, cut)
        assert orders == [Send(LIST + "\r"), Send(" "), Send(" "), Done("A[STARTED]\nB[STARTED]\nC[STOPPED]")]


def test_a_file_is_paged_to_its_end() -> None:
    command = "file view install install.log"
    page = b"options: q=quit, n=next, p=prev, b=begin, e=end (lines %d - %d of 25) : "
    orders = hold(
        VosDialogue.command(command),
        [
            command.encode() + b"\r\nline 1\r\n\x1b[1m" + page % (1, 20) + b"\x1b[0m",
            b"\r\nline 25\r\nend of the file reached\r\n" + page % (21, 25),
            b"\r\nadmin:",
        ],
    )
    assert orders[:3] == [Send(command + "\r"), Send("n"), Send("q")]
    assert isinstance(orders[3], Done)


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        (b"Continue (y/n)?", "y\r", "n\r"),
        (b"Do you want to continue (yes/no) ? ", "yes\r", "no\r"),
        (b"Press ENTER to continue. Press any other key to exit :", "\r", "q\r"),
    ],
)
def test_a_question_is_answered_once_in_its_own_words(question: bytes, yes: str, no: str) -> None:
    for confirm, answer in ((True, yes), (False, no)):
        for cut in range(-1, 40):
            segments = [LIST.encode() + b"\r\n" + question, answer.strip().encode() + b"\r\ndone\r\nadmin:"]
            orders = segments_hold(VosDialogue.command(LIST, confirm=confirm), segments, cut)
            assert orders[:2] == [Send(LIST + "\r"), Send(answer, paced=True)]
            assert len(orders) == 3
            assert isinstance(orders[2], Done)


def test_a_node_that_waits_for_an_enter_is_woken_and_its_second_prompt_drained() -> None:
    dialogue = VosDialogue.login()
    assert dialogue.start() == (Need(WAKE_UNGREETED_S),)
    assert dialogue.receive(BANNER.removesuffix(b"admin:")) == (Need(WAKE_AFTER_S),)
    assert dialogue.quiet() == (Send("\r"), Need(WAKE_AFTER_S))
    assert dialogue.receive(b"\r\nadmin:") == (Need(QUIET_S),)
    assert dialogue.receive(b"\r\nadmin:") == (Need(QUIET_S),)
    assert not dialogue.is_talkative, "the second prompt was asked for"
    (done,) = dialogue.quiet()
    assert isinstance(done, Done)
    assert "Welcome" in done.text


def test_a_node_that_shows_more_prompts_than_it_was_asked_for_is_noticed() -> None:
    login = VosDialogue.login()
    hold(login, [BANNER], then_quiet=False)
    assert not login.is_talkative
    login.receive(b"\r\nadmin:")
    assert login.is_talkative


def test_what_the_peer_said_stays_readable_when_the_dialogue_does_not_end() -> None:
    dialogue = VosDialogue.command(LIST)
    hold(dialogue, [b"utils service list\r\n\x1b[1mRequesting"])
    assert dialogue.said == "utils service list\nRequesting"
    assert dialogue.quiet() == (Need(),)


def test_garbage_without_end_is_a_typed_error() -> None:
    dialogue = VosDialogue.login()
    noise = bytes(range(256)) * 256
    hold(dialogue, [noise] * 7)
    with pytest.raises(TranscriptError):
        dialogue.receive(noise)


def test_garbage_is_no_prompt() -> None:
    assert hold(VosDialogue.login(), [bytes(range(256)) * 4]) == []
