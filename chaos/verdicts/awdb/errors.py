"""AWDB-08 … AWDB-11: what users and administrators get when both AWDBs are lost and no credentials are cached."""

from collections.abc import Callable

from chaos.errors import EvidenceError
from chaos.journal import DesktopShown, RestExchange, Screen, Timeline
from chaos.verdicts import bounds
from chaos.verdicts.awdb.story import Down, both_down, cited, is_uncached, outcome, people, was_good
from chaos.verdicts.common import each
from chaos.verdicts.verdict import Evidence, Verdict, held, inconclusive, violated

INVALID = "Invalid user ID or password"
TIMED_OUT = "Operation timed out"


def _says(shown: DesktopShown, words: str) -> bool:
    return shown.text is not None and words.casefold() in shown.text.casefold()


def _shown(shown: DesktopShown) -> Evidence:
    what = {Screen.SIGN_IN: "signs in to", Screen.NOTICE: "asks for something at"}[shown.screen]
    text = f"shows “{shown.text}”" if shown.text else "shows nothing" if not shown.ok else "lets it pass"
    return Evidence(shown.asked_s, f"{shown.agent} {what} the desktop of {shown.node}, which {text}")


def _at_the_desktop(timeline: Timeline, screen: Screen, down: Down) -> list[DesktopShown]:
    """What desktops showed to people whose credentials had lapsed. Raises EvidenceError: nothing was seen."""
    good = {
        seen.agent: seen.at_s for seen in timeline.of(RestExchange, lambda seen: bool(seen.agent) and was_good(seen))
    }
    good |= {seen.agent: seen.at_s for seen in timeline.of(DesktopShown, lambda seen: seen.ok, to_s=down.from_s)}

    def lapsed(shown: DesktopShown) -> bool:
        return shown.asked_s - good.get(shown.agent, float("-inf")) > bounds.CACHE_GONE_S

    found = timeline.of(
        DesktopShown,
        lambda seen: seen.screen is screen and seen.asked_s >= down.from_s and lapsed(seen),
        to_s=down.to_s,
    )
    if not found:
        raise EvidenceError("nobody whose credentials had lapsed was seen at a desktop while both AWDBs were lost")
    return found


def sign_in_says_invalid(timeline: Timeline) -> Verdict:
    """Whoever tries to sign in to the desktop reads "Invalid user ID or password", though the password is right."""
    down = both_down(timeline)
    found = _at_the_desktop(timeline, Screen.SIGN_IN, down)
    return each(
        "AWDB-08", [_words("AWDB-08", one, INVALID, down) for one in found], f"the sign-in page says “{INVALID}”"
    )


def signed_in_says_timed_out(timeline: Timeline) -> Verdict:
    """Whoever is signed in to the desktop, and asks for something, reads "Operation timed out"."""
    down = both_down(timeline)
    found = _at_the_desktop(timeline, Screen.NOTICE, down)
    signed_in = {seen.agent for seen in timeline.of(DesktopShown, _signed_in, to_s=down.from_s)}
    verdicts = [_words("AWDB-10", one, TIMED_OUT, down) for one in found if one.agent in signed_in]
    if not verdicts:
        return inconclusive("AWDB-10", "nobody had been seen to sign in to a desktop before the AWDBs were lost")
    return each("AWDB-10", verdicts, f"the desktop says “{TIMED_OUT}”")


def _signed_in(seen: DesktopShown) -> bool:
    return seen.screen is Screen.SIGN_IN and seen.ok


def _words(clause: str, shown: DesktopShown, words: str, down: Down) -> Verdict:
    lines = (down.cited(), _shown(shown))
    if _says(shown, words):
        return held(clause, f"the desktop says “{words}”", *lines)
    if shown.text is None and not shown.ok:
        return inconclusive(clause, "the desktop showed nothing that could be read", *lines)
    return violated(clause, f"the desktop does not say “{words}”", *lines)


def settings_are_closed(timeline: Timeline) -> Verdict:
    """The administrator can neither read settings nor change them; before, and with the same password, both worked."""
    down = both_down(timeline)
    asked = [
        one
        for one in timeline.of(RestExchange, lambda seen: seen.agent is None and seen.resource.endswith("Config"))
        if one.at_s < down.from_s or down.covers(one)
    ]
    verdicts = [
        _closed(asked, down, what, lambda one, method=method: one.resource.startswith(method))  # type: ignore[misc]
        for method, what in (("GET", "read"), ("PUT", "changed"))
    ]
    return each("AWDB-09", verdicts, "settings could neither be read nor changed")


def _closed(asked: list[RestExchange], down: Down, what: str, wanted: Callable[[RestExchange], bool]) -> Verdict:
    before = [one for one in asked if wanted(one) and one.at_s < down.from_s and was_good(one)]
    good_s = max((one.at_s for one in asked if was_good(one) and one.at_s < down.from_s), default=float("-inf"))
    meanwhile = [one for one in asked if wanted(one) and down.covers(one) and one.sent_s - good_s > bounds.CACHE_GONE_S]
    lines = (*(cited(one) for one in before[:1]), down.cited(), *(cited(one) for one in meanwhile[:3]))
    if not meanwhile:
        return inconclusive(
            "AWDB-09", f"nobody asked for settings to be {what} once the credentials had lapsed", *lines
        )
    if any(was_good(one) for one in meanwhile):
        return violated("AWDB-09", f"settings were {what} without any AWDB", *lines)
    if not before:
        return inconclusive("AWDB-09", f"settings could not be {what} before, either", *lines)
    return held("AWDB-09", f"settings could not be {what}", *lines)


def requests_get_401(timeline: Timeline) -> Verdict:
    """Requests of people whose credentials have lapsed get 401, once the node has noticed that both AWDBs are lost."""
    down = both_down(timeline)
    nodes: dict[str, list[RestExchange]] = {}
    for (node, _), requests in people(timeline).items():
        lapsed = [one for one in requests if down.covers(one) and is_uncached(requests, one)]
        nodes.setdefault(node, []).extend(lapsed)
    known = sorted(set(timeline.header.nodes) | set(nodes))
    return each(
        "AWDB-11",
        [_all_401(node, sorted(nodes.get(node, []), key=lambda one: one.sent_s), down) for node in known],
        "every request was answered with 401 once the loss was noticed",
    )


def _all_401(node: str, requests: list[RestExchange], down: Down) -> Verdict:
    noticed = next((n for n, one in enumerate(requests) if one.status == 401), len(requests))
    later = requests[min(noticed, bounds.UNNOTICED_REQUESTS) :]
    lines = (down.cited(), *(cited(one) for one in requests[:4]))
    odd = [one for one in later if one.status != 401]
    if odd:
        return violated("AWDB-11", f"{node} answers {outcome(odd[0])} instead of 401", *lines, cited(odd[0]))
    if not later:
        return inconclusive("AWDB-11", f"{node} was not asked often enough once both AWDBs were lost", *lines)
    return held("AWDB-11", f"{node} answered {len(later)} requests with 401", *lines)
