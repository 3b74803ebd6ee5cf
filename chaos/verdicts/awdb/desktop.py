"""AWDB-08 and AWDB-10: what the desktop says when both AWDBs are lost and no credentials are cached."""

from collections.abc import Iterator, Mapping

from chaos.history import Evidence, History
from chaos.history.absences import state_before
from chaos.history.asking import UNAUTHORIZED, asked, people, was_good
from chaos.history.awdb_entries import SIGN_IN_PAGE
from chaos.history.awdb_links import Dark, darks, was_dark
from chaos.history.passed_on import passed_on
from chaos.history.relays import awdb_blind
from chaos.journal import DesktopShown, Header, Screen
from chaos.verdicts import bounds
from chaos.verdicts.awdb.asks import SILENT, both_silent
from chaos.verdicts.check import Needs, check
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell, Unfit, grid, nodes

INVALID = "Invalid user ID or password"
TIMED_OUT = "Operation timed out"

PEOPLE = ("one person", "another person")
TRIES = ("first try", "second try", "later try")
STATES = {"NOT_READY": "Not Ready", "AVAILABLE": "Ready", "TALKING": "Talking", "WORK_NOT_READY": "Wrap-Up"}
"""The agent's, by the switch's words."""
NO_BROWSER = "the desktop of a live lab is a program in a browser, and this harness drives no browser yet"


def plain(header: Header, _: Cell, __: Mapping[str, str]) -> str | None:
    """Why a lab has no desktop that can be read as a page."""
    return None if header.deployment == "mock" else NO_BROWSER


def no_page(axis: str) -> Unfit:
    """The same of cells in which that axis is the sign-in page."""
    return lambda header, cell, gone: plain(header, cell, gone) if cell.get(axis) == SIGN_IN_PAGE else None


_GRID = grid(
    node=nodes,
    person=PEOPLE,
    turn=TRIES,
    loss=(SILENT,),
    pairs=(("node", "person", "turn"), ("node", "loss")),
    unfit=plain,
)
# In which state somebody is, and the how manieth try it is, have nothing to do with each other.
_GRID_SIGNED_IN = grid(
    node=nodes,
    person=PEOPLE,
    turn=TRIES,
    state=tuple(STATES.values()),
    loss=(SILENT,),
    pairs=(("node", "person", "turn"), ("node", "state"), ("node", "loss")),
    unfit=plain,
)


def _were_used(screen: Screen) -> Needs:
    return lambda history: was_dark(history) and bool(history.of(DesktopShown, lambda seen: seen.screen is screen))


@check(_GRID, needs=_were_used(Screen.SIGN_IN), rests_on=(awdb_blind,))
def sign_in_says_invalid(history: History) -> Iterator[Finding]:
    """Whoever tries to sign in to the desktop reads "Invalid user ID or password", though the password is right."""
    for cell, shown, dark in _lapsed(history, Screen.SIGN_IN):
        at_another_time = [one for one in _signed_in(history, shown) if not dark.lasts(one.asked_s, one.at_s)]
        if not at_another_time:
            yield inconclusive(cell, f"{shown.agent} could not sign in at any other time, either", _cited(shown))
        else:
            yield _words(cell, shown, INVALID, dark)
            if shown.opens:
                said = f"the desktop turns {shown.agent} away, and is open to him"
                yield violated(cell, said, *dark.cited(), _cited(shown))


@check(_GRID_SIGNED_IN, needs=_were_used(Screen.NOTICE), rests_on=(awdb_blind,))
def signed_in_users_read_timed_out(history: History) -> Iterator[Finding]:
    """Whoever is signed in to the desktop, and asks for something, reads "Operation timed out", whatever he is at."""
    for cell, shown, dark in _lapsed(history, Screen.NOTICE):
        cell = Cell.of(**dict(cell.at), **_state(history, shown))
        before = [one for one in _signed_in(history, shown) if one.at_s < shown.asked_s]
        if not before:
            yield inconclusive(cell, f"{shown.agent} had not been seen to sign in there", _cited(shown))
        else:
            yield _words(cell, shown, TIMED_OUT, dark)
            done = passed_on(history, shown.node, shown.agent, shown.asked_s, shown.at_s)
            if done is not None and not shown.ok:
                said = "the desktop says that nothing came of it, and what was asked for is done"
                yield violated(cell, said, *dark.cited(), _cited(shown), done)


def _state(history: History, shown: DesktopShown) -> dict[str, str]:
    """The agent's state by what the switch said last, if it is one that is looked at."""
    before = state_before(history, shown.agent, shown.asked_s)
    return {"state": STATES[before.state]} if before is not None and before.state in STATES else {}


def _signed_in(history: History, shown: DesktopShown) -> list[DesktopShown]:
    """When that person was seen to sign in at that node; our own mending counts, too."""
    return history.whole.of(
        DesktopShown,
        lambda seen: seen.ok and seen.screen is Screen.SIGN_IN and (seen.node, seen.agent) == (shown.node, shown.agent),
    )


def _lapsed(history: History, screen: Screen) -> Iterator[tuple[Cell, DesktopShown, Dark]]:
    """What desktops showed, without any AWDB, to people whose credentials had lapsed; each with its cell."""
    known: dict[str, list[str]] = {}
    counts: dict[tuple[str, str], int] = {}
    for dark in darks(history):
        for shown in history.of(DesktopShown, lambda seen: seen.screen is screen):
            if (
                not dark.lasts(shown.asked_s, shown.at_s)
                or shown.asked_s - _good_s(history, shown) <= bounds.CACHE_GONE_S
                or not _is_noticed(history, shown, dark)
            ):
                continue
            there = known.setdefault(shown.node, [])
            if shown.agent not in there:
                there.append(shown.agent)
            person = PEOPLE[min(there.index(shown.agent), len(PEOPLE) - 1)]
            nth = counts[shown.node, shown.agent] = counts.get((shown.node, shown.agent), -1) + 1
            turn = TRIES[min(nth, len(TRIES) - 1)]
            yield Cell.of(node=shown.node, person=person, turn=turn, **both_silent(dark)), shown, dark


def _is_noticed(history: History, shown: DesktopShown, dark: Dark) -> bool:
    """Whether its node knows that both are lost: of a silence what is asked first may time out (AWDB-12)."""
    if "silence" not in (dark.primary.met, dark.secondary.met):
        return True
    refused = (one for one in asked(history) if one.node == shown.node and one.status == UNAUTHORIZED)
    return any(dark.covers(one) and one.at_s <= shown.asked_s for one in refused)


def _good_s(history: History, shown: DesktopShown) -> float:
    """When that person's credentials were last good at that node, before; minus infinity if they never were."""
    requests = people(history).get((shown.node, shown.agent), ())
    good = [one.at_s for one in requests if was_good(one) and one.at_s <= shown.asked_s]
    good += [
        one.at_s
        for one in history.of(DesktopShown, lambda seen: seen.ok, to_s=shown.asked_s)
        if (one.node, one.agent) == (shown.node, shown.agent)
    ]
    return max(good, default=float("-inf"))


def _words(cell: Cell, shown: DesktopShown, words: str, dark: Dark) -> Finding:
    lines = (*dark.cited(), _cited(shown))
    if shown.text is not None and words.casefold() in shown.text.casefold():
        return held(cell, f"the desktop says “{words}”", *lines)
    if not shown.came:
        return inconclusive(cell, "the desktop showed no page", *lines)
    return violated(cell, f"the desktop does not say “{words}”", *lines)


def _cited(shown: DesktopShown) -> Evidence:
    what = {Screen.SIGN_IN: "signs in to", Screen.NOTICE: "asks for something at"}[shown.screen]
    text = f"shows “{shown.text}”" if shown.text else "shows nothing" if not shown.ok else "lets it pass"
    line = f"{shown.agent} {what} the desktop of {shown.node}, which {text}"
    return Evidence(shown.asked_s, line, shown.number or None)
