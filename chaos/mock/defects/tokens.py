"""Defects that break clauses of the DESKTOP family about refresh tokens of single sign-on."""

from chaos.mock.defects import scopes as of
from chaos.mock.defects.axes import Axis
from chaos.mock.defects.defect import Defect

_ON_CALL = {Axis.STATE: ("TALKING", "HOLD")}
_NOT_STALE = {Axis.COOKIE: ("fresh", "cleared")}
_CLEARED = {Axis.COOKIE: ("cleared",)}
_FEW_SECONDS = {Axis.LATE: 5}


class TokenDefect(Defect):
    """DESKTOP-14 to DESKTOP-17, DESKTOP-22."""

    # DESKTOP-14: the desktop asks for a forced logout, Finesse forwards it to the CTI server.
    EXPIRY_NOT_TOLD = (
        "expiry-not-told", "DESKTOP-14", of.TOKENS, "the desktop asks for no forced logout when its token has expired"
    )  # fmt: skip
    EXPIRY_NOT_FORWARDED = (
        "expiry-not-forwarded", "DESKTOP-14", of.EXPIRIES, "the CTI server is not asked for that forced logout"
    )  # fmt: skip
    EXPIRY_FORWARDED_LATE = (
        "expiry-forwarded-late", "DESKTOP-14", of.EXPIRIES, "the CTI server is asked for it late",
        None, {Axis.LATE: 10},
    )  # fmt: skip
    EXPIRY_WITH_ANOTHER_CODE = (
        "expiry-with-another-code", "DESKTOP-14", of.EXPIRIES, "that forced logout bears no code"
    )  # fmt: skip
    EXPIRY_NOT_FORCED = (
        "expiry-not-forced", "DESKTOP-14", of.EXPIRIES, "the logout that is forwarded is not a forced one"
    )  # fmt: skip
    EXPIRY_FORWARDED_TWICE = (
        "expiry-forwarded-twice", "DESKTOP-14", of.EXPIRIES, "the CTI server is asked for it again after a while",
        None, {Axis.LATE: 30},
    )  # fmt: skip
    EXPIRY_AFTER_CALL = (
        "expiry-after-call", "DESKTOP-14", of.EXPIRIES, "the CTI server is asked for it after the call", _ON_CALL
    )  # fmt: skip
    EXPIRY_TOLD_TO_OLD_SERVER = (
        "expiry-told-to-old-server", "DESKTOP-14", of.TOKENS, "after a move the logout is asked of the server before it"
    )  # fmt: skip
    EXPIRY_OF_SECOND_DESKTOP_IGNORED = (
        "expiry-of-second-desktop-ignored", "DESKTOP-14", of.EXPIRIES,
        "the CTI server is not asked for it if he has lost his state so lately",
    )  # fmt: skip
    EXPIRY_AT_ANOTHER_TELEPHONE = (
        "expiry-at-another-telephone", "DESKTOP-14", of.EXPIRIES, "that forced logout names another agent's telephone"
    )  # fmt: skip
    EXPIRY_OF_SOMEBODY_ELSE = (
        "expiry-of-somebody-else", "DESKTOP-14", of.EXPIRIES, "somebody at work is logged out instead"
    )  # fmt: skip

    # DESKTOP-15: warnings 10 and 5 minutes before.
    WARNING_MISSING = "warning-missing", "DESKTOP-15", of.WARNINGS, "a warning does not appear"
    WARNINGS_STAY_BEHIND = (
        "warnings-stay-behind", "DESKTOP-15", of.TOKENS, "after a move no warning appears any more"
    )  # fmt: skip
    WARNINGS_PAUSE = (
        "warnings-pause", "DESKTOP-15", of.TOKENS, "no warning appears while the desktop looks for a server"
    )  # fmt: skip
    WARNINGS_FORGOTTEN = (
        "warnings-forgotten", "DESKTOP-15", of.TOKENS, "a page that is loaded again shows no warning any more"
    )  # fmt: skip
    WARNING_LATE = "warning-late", "DESKTOP-15", of.WARNINGS, "a warning appears late", None, _FEW_SECONDS
    WARNING_EARLY = (
        "warning-early", "DESKTOP-15", of.WARNINGS, "a warning appears so much earlier", None, _FEW_SECONDS
    )  # fmt: skip
    WARNING_SAYS_OTHERWISE = (
        "warning-says-otherwise", "DESKTOP-15", of.WARNINGS, "a warning names another time that is left"
    )  # fmt: skip
    WARNING_VANISHES = "warning-vanishes", "DESKTOP-15", of.WARNINGS, "a warning is gone at once"
    WARNING_OUT_OF_TURN = (
        "warning-out-of-turn", "DESKTOP-15", of.WARNINGS, "a warning appears once more a minute later"
    )  # fmt: skip

    # DESKTOP-16: a countdown in the last minute.
    COUNTDOWN_MISSING = "countdown-missing", "DESKTOP-16", of.TOKENS, "no countdown appears"
    COUNTDOWN_STAYS_BEHIND = (
        "countdown-stays-behind", "DESKTOP-16", of.TOKENS, "after a move no countdown appears any more"
    )  # fmt: skip
    COUNTDOWN_FORGOTTEN = (
        "countdown-forgotten", "DESKTOP-16", of.TOKENS, "a page that is loaded again shows no countdown any more"
    )  # fmt: skip
    COUNTDOWN_LATE = (
        "countdown-late", "DESKTOP-16", of.TOKENS, "the countdown begins late", None, _FEW_SECONDS
    )  # fmt: skip
    COUNTDOWN_EARLY = (
        "countdown-early", "DESKTOP-16", of.TOKENS, "the countdown begins so much earlier", None, _FEW_SECONDS
    )  # fmt: skip
    COUNTDOWN_STOPS = (
        "countdown-stops", "DESKTOP-16", of.TOKENS, "the countdown stands still in the end", None, {Axis.LATE: 10}
    )  # fmt: skip
    COUNTDOWN_SKIPS = (
        "countdown-skips", "DESKTOP-16", of.TOKENS, "each so-many-th second of the countdown is left out",
        None, {Axis.TIMES: 7},
    )  # fmt: skip
    COUNTDOWN_FLASHES = (
        "countdown-flashes", "DESKTOP-16", of.TOKENS, "each number of the countdown is gone again before the next comes"
    )  # fmt: skip
    COUNTDOWN_IS_OFF = (
        "countdown-is-off", "DESKTOP-16", of.TOKENS, "the countdown shows so many seconds more", None, {Axis.LATE: 3}
    )  # fmt: skip

    # DESKTOP-17: logged out by force at zero, and to sign in again.
    ZERO_LATE = "zero-late", "DESKTOP-17", of.TOKENS, "nothing happens until so long after zero", None, {Axis.LATE: 10}
    ZERO_STAYS_BEHIND = "zero-stays-behind", "DESKTOP-17", of.TOKENS, "after a move nothing happens at zero"
    ZERO_FORGOTTEN = (
        "zero-forgotten", "DESKTOP-17", of.TOKENS, "of a page that is loaded again nothing happens at zero"
    )  # fmt: skip
    ZERO_EARLY = "zero-early", "DESKTOP-17", of.TOKENS, "the logout comes so long before zero", None, _FEW_SECONDS
    ZERO_WAITS_FOR_CALL = (
        "zero-waits-for-call", "DESKTOP-17", of.TOKENS, "who is on a call is logged out when it is over", _ON_CALL
    )  # fmt: skip
    ZERO_STAYS = "zero-stays", "DESKTOP-17", of.TOKENS, "the desktop goes on after it has asked for the logout"
    ZERO_COMES_BACK = "zero-comes-back", "DESKTOP-17", of.TOKENS, "the desktop signs the agent in again by itself"
    ZERO_COMES_BACK_LATER = (
        "zero-comes-back-later", "DESKTOP-17", of.TOKENS, "… some time later", None, {Axis.LATE: 20}
    )  # fmt: skip
    ZERO_WITH_FIRST_TOKEN = (
        "zero-with-first-token", "DESKTOP-17", of.TOKENS, "the forced logout is asked for with an access token of old"
    )  # fmt: skip
    ZERO_IS_FINAL = "zero-is-final", "DESKTOP-17", of.TOKENS, "the agent cannot sign in again"

    # DESKTOP-22: with cleared cookies a refresh token lasts its full life.
    REMEMBERS_WITHOUT_COOKIE = (
        "remembers-without-cookie", "DESKTOP-22", of.SIGN_ONS, "a token ends with the older one, cookies or not",
        _CLEARED,
    )  # fmt: skip
    REMEMBERS_ANOTHER_NODE = (
        "remembers-another-node", "DESKTOP-22", of.SIGN_ONS, "a token ends with the older one of the other node",
        _CLEARED,
    )  # fmt: skip
    END_OF_SOMEBODY_ELSE = (
        "end-of-somebody-else", "DESKTOP-22", of.SIGN_ONS, "a token ends with the one that somebody else has",
        _NOT_STALE,
    )  # fmt: skip
    TOKEN_TOO_SHORT = (
        "token-too-short", "DESKTOP-22", of.SIGN_ONS, "a token ends so much earlier", _NOT_STALE, {Axis.LATE: 60}
    )  # fmt: skip
    WITHDRAWN_WITH_OLDER = (
        "withdrawn-with-older", "DESKTOP-22", of.SIGN_ONS, "a token is refused once the older one has ended", _CLEARED
    )  # fmt: skip
    TOKEN_WITHDRAWN = (
        "token-withdrawn", "DESKTOP-22", of.SIGN_ONS, "a token is refused before its end", _NOT_STALE
    )  # fmt: skip
