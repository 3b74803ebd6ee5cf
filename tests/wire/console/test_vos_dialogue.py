"""The dialogue state machine on literal bytes, cut in every way."""

from collections.abc import Iterable, Iterator, Sequence

import pytest

from chaos.wire.console.service import TranscriptError
from chaos.wire.console.vos_dialogue import (
    DRAIN_S,
    UNECHOED_S,
    WAKE_AFTER_S,
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


def hold(dialogue: VosDialogue, pieces: Iterable[bytes]) -> list[Order]:
    """All orders but the waits, in order, to the end of the dialogue or of the bytes."""
    orders = [*dialogue.start()]
    for piece in pieces:
        if dialogue.phase is not Phase.OVER:
            orders += dialogue.receive(piece)
    return [order for order in orders if not isinstance(order, Need)]


def test_a_login_ends_at_the_first_prompt() -> None:
    for pieces in every_cut(BANNER):
        (done,) = hold(VosDialogue.login(), pieces)
        assert isinstance(done, Done)
        assert "Welcome to the Platform" in done.text


def test_a_command_ends_at_the_prompt_after_its_echo_however_the_bytes_are_cut() -> None:
    for pieces in every_cut(RESTARTED):
        typed, done = hold(VosDialogue.command(RESTART), pieces)
        assert typed == Send(RESTART + "\n")
        assert isinstance(done, Done)
        assert done.text.splitlines()[-1] == "Cisco Finesse Tomcat[STARTED]  "


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
    assert hold(dialogue, [b"utils service list\r\nBroadcast message from admin:"]) == [Send(LIST + "\n")]
    assert hold(VosDialogue.command(LIST), [b"utils service list\r\nadmin:x"]) == [Send(LIST + "\n")]


def test_a_late_prompt_before_the_echo_does_not_end_the_command() -> None:
    dialogue = VosDialogue.command(LIST)
    dialogue.start()
    assert dialogue.receive(b"\r\nadmin:") == (Need(UNECHOED_S),)
    assert dialogue.receive(b"utils service list\r\n") == (Need(),)
    (done,) = dialogue.receive(b"A[STARTED]\r\nadmin:")
    assert isinstance(done, Done)


def test_a_node_that_does_not_echo_is_believed_after_a_long_silence_at_its_prompt() -> None:
    dialogue = VosDialogue.command(LIST)
    dialogue.start()
    assert dialogue.receive(b"A[STARTED]\r\nadmin:") == (Need(UNECHOED_S),)
    assert dialogue.quiet() == (Done("A[STARTED]"),)
    assert dialogue.phase is Phase.OVER


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
        assert orders == [Send(LIST + "\n"), Send(" "), Send(" "), Done(f"{LIST}\nA[STARTED]\nB[STARTED]\nC[STOPPED]")]


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
    assert orders[:3] == [Send(command + "\n"), Send("n"), Send("q")]
    assert isinstance(orders[3], Done)


@pytest.mark.parametrize(
    ("question", "yes", "no"),
    [
        (b"Continue (y/n)?", "y\n", "n\n"),
        (b"Do you want to continue (yes/no) ? ", "yes\n", "no\n"),
        (b"Press ENTER to continue. Press any other key to exit :", "\n", "q\n"),
    ],
)
def test_a_question_is_answered_once_in_its_own_words(question: bytes, yes: str, no: str) -> None:
    for confirm, answer in ((True, yes), (False, no)):
        for cut in range(-1, 40):
            segments = [LIST.encode() + b"\r\n" + question, answer.strip().encode() + b"\r\ndone\r\nadmin:"]
            orders = segments_hold(VosDialogue.command(LIST, confirm=confirm), segments, cut)
            assert orders[:2] == [Send(LIST + "\n"), Send(answer, paced=True)]
            assert len(orders) == 3
            assert isinstance(orders[2], Done)


def test_a_node_that_waits_for_a_newline_is_woken_and_its_second_prompt_drained() -> None:
    dialogue = VosDialogue.login()
    assert dialogue.start() == (Need(WAKE_AFTER_S),)
    assert dialogue.receive(BANNER.removesuffix(b"admin:")) == (Need(WAKE_AFTER_S),)
    assert dialogue.quiet() == (Send("\n"), Need(WAKE_AFTER_S))
    assert dialogue.receive(b"\r\nadmin:") == (Need(DRAIN_S),)
    assert dialogue.receive(b"\r\nadmin:") == (Need(DRAIN_S),)
    (done,) = dialogue.quiet()
    assert isinstance(done, Done)
    assert "Welcome" in done.text


def test_what_the_peer_said_stays_readable_when_the_dialogue_does_not_end() -> None:
    dialogue = VosDialogue.command(LIST)
    hold(dialogue, [b"utils service list\r\n\x1b[1mRequesting"])
    assert dialogue.said == "utils service list\nRequesting"
    assert dialogue.quiet() == (Need(),)


def test_garbage_without_end_is_a_typed_error() -> None:
    dialogue = VosDialogue.login()
    noise = bytes(range(256)) * 256
    hold(dialogue, [noise] * 30)
    with pytest.raises(TranscriptError):
        dialogue.receive(noise)


def test_garbage_is_no_prompt() -> None:
    assert hold(VosDialogue.login(), [bytes(range(256)) * 4]) == []
