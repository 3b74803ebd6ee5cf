"""AWDB-03: whoever is cached can sign in to the desktop without any AWDB, too."""

from collections.abc import Iterator

from chaos.history import Evidence, History
from chaos.history.asking import people, was_good
from chaos.history.awdb_entries import SIGN_IN_PAGE
from chaos.history.awdb_links import Dark, darks
from chaos.history.lateness import clock_error_s
from chaos.journal import DesktopShown, Screen
from chaos.verdicts import bounds
from chaos.verdicts.awdb.desktop import INVALID, TIMED_OUT
from chaos.verdicts.finding import Finding, held, inconclusive, violated
from chaos.verdicts.grid import Cell


def cached_people_sign_in(history: History) -> Iterator[Finding]:
    """Of each time that somebody who was cached filled in the desktop's sign-in page without any AWDB."""
    for shown in history.of(DesktopShown, lambda seen: seen.screen is Screen.SIGN_IN):
        dark = next((one for one in darks(history) if one.lasts(shown.asked_s, shown.at_s)), None)
        since_s = _cached_since_s(history, shown)
        if dark is None or since_s is None:
            continue
        error_s = clock_error_s(history, since_s, shown.at_s)
        if shown.at_s - since_s + error_s <= bounds.CACHE_LIFE_S:
            yield _signs_in(shown, dark, since_s)


def _signs_in(shown: DesktopShown, dark: Dark, since_s: float) -> Finding:
    cell, name = Cell.of(node=shown.node, request=SIGN_IN_PAGE), f"{shown.agent} at {shown.node}"
    text = f"{name} signs in to the desktop, which " + (f"shows “{shown.text}”" if shown.text else "shows no warning")
    lines = (Evidence(since_s, f"{name} is let in"), *dark.cited(), Evidence(shown.asked_s, text, shown.number or None))
    if shown.ok:
        return held(cell, "everybody whose credentials were cached was let in without any AWDB", *lines)
    if "silence" in (dark.primary.met, dark.secondary.met):
        return inconclusive(cell, f"{name} was turned away while an attempt to reach an AWDB may have lasted", *lines)
    said = (shown.text or "").casefold()
    if not any(words.casefold() in said for words in (INVALID, TIMED_OUT)):
        return inconclusive(cell, f"{name} was turned away by the sign-in page, perhaps for another reason", *lines)
    return violated(cell, f"{name} was turned away by the sign-in page, though cached", *lines)


def _cached_since_s(history: History, shown: DesktopShown) -> float | None:
    """Since when he must be cached, whichever way the half hour counts: he was let in then, and for more than half an
    hour before that he had not been. None if that is not known."""
    requests = people(history).get((shown.node, shown.agent), ())
    let_in = [(one.sent_s, one.at_s) for one in requests if was_good(one)]
    let_in += [
        (one.asked_s, one.at_s)
        for one in history.of(DesktopShown, lambda seen: seen.ok)
        if (one.node, one.agent) == (shown.node, shown.agent)
    ]
    since_s = None
    for asked_s, at_s in sorted(let_in, reverse=True):
        if at_s > shown.asked_s:
            continue
        if since_s is not None and since_s - at_s > bounds.CACHE_GONE_S:
            return since_s
        since_s = asked_s
    before_s = [idle_s for node, name, idle_s in history.header.cached if (node, name) == (shown.node, shown.agent)]
    if since_s is None or any(idle_s + since_s <= bounds.CACHE_GONE_S for idle_s in before_s):
        return None
    return since_s
