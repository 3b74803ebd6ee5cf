"""The clause catalogue: every testable statement of the vendor's chapter on fail-over, in our own words.

Source: the chapter "Cisco Finesse Failover Mechanisms" of the Cisco Finesse Administration Guide, in the section that
a clause's family names. The ids are permanent: tests, report rows, waivers and seeded defects all name them.

Where a clause is about a race, or is documented as unpredictable, the check is "an outcome of the documented set",
never one outcome. "(ours)" marks a figure that the text leaves open and we had to choose.
"""

from collections.abc import Iterable
from dataclasses import dataclass

SECTIONS = {
    "CTI": "CTI Failover",
    "AWDB": "AWDB Failover",
    "CLIENT": "Finesse Client Failover",
    "DESKTOP": "Desktop Behavior",
    "IPPA": "Finesse IP Phone Agent Failover",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One documented statement. seen_by: its bound or figure, and what an observer outside the product can see."""

    id: str
    text: str
    seen_by: str

    @property
    def family(self) -> str:
        return self.id.partition("-")[0]

    @property
    def section(self) -> str:
        """The source chapter's section."""
        return SECTIONS[self.family]


def drawn_together(clauses: Iterable[str]) -> str:
    """Clause ids, runs of numbers drawn together: CTI-01 … CTI-11, AWDB-02."""
    runs: list[list[str]] = []
    for clause in clauses:
        family, _, number = clause.rpartition("-")
        if runs and runs[-1][-1] == f"{family}-{int(number) - 1:02}":
            runs[-1].append(clause)
        else:
            runs.append([clause])
    return ", ".join(one for run in runs for one in (run if len(run) < 3 else [f"{run[0]} … {run[-1]}"]))


def clause(id: str) -> Clause:
    """The clause of that id. Raises KeyError: there is none."""
    return _BY_ID[id]


CLAUSES: tuple[Clause, ...] = (
    Clause(
        "CTI-01",
        "Prerequisite: fail-over to side B happens only in a duplex Unified CCE with the B-side CTI host "
        "and port set in Finesse's administration. Without a B side Finesse keeps retrying side A only.",
        "O: connection attempts per side",
    ),
    Clause(
        "CTI-02",
        "After losing side A, Finesse tries side B exactly once before it tries side A again.",
        "B: 1 attempt",
    ),
    Clause(
        "CTI-03",
        "It keeps alternating B, A, B, A … one attempt each, until one succeeds; then it stops trying.",
        "O: order of attempts",
    ),
    Clause(
        "CTI-04",
        "Loss is declared after three consecutive missed heartbeats: never after two, always after three."
        " A miss, an answer, then two misses is not a loss.",
        "B: 3; heartbeat interval 5 s in current releases, so ≈ 15 s",
    ),
    Clause(
        "CTI-05",
        "Loss is declared at once when the CTI socket fails (reset, closed, refused).",
        "B: ≪ one heartbeat interval",
    ),
    Clause(
        "CTI-06",
        "While failing over, every client request gets HTTP 503 Service Unavailable.",
        "O: REST polling, all resources. SystemInfo is how clients learn of it and is excepted (200 with "
        "OUT_OF_SERVICE; a 503 there is recorded, not judged). Before the loss is noticed a 500 or a "
        "time-out may come: judged from the OUT_OF_SERVICE notice on",
    ),
    Clause(
        "CTI-07",
        "While failing over, no events are published (the OUT_OF_SERVICE SystemInfo notice that announces"
        " it is the announcement, not an event of that period).",
        "O: XMPP and BOSH streams",
    ),
    Clause(
        "CTI-08",
        "Once reconnected, Finesse answers requests and publishes events again.",
        "O: REST 2xx, SystemInfo IN_SERVICE event",
    ),
    Clause(
        "CTI-09",
        "Call control, call data and agent state changes made during the fail-over are published as "
        "events once it is complete, so clients show the true state.",
        "O: User / Dialogs events carry the final state",
    ),
    Clause(
        "CTI-10",
        "A call that starts and ends wholly inside the fail-over leaves no events afterwards.",
        "O: no Dialog event for that call id, ever",
    ),
    Clause(
        "CTI-11",
        "Conference caveat: whoever signs in (or is redirected) while in an active conference with "
        "devices of no agent may see an incomplete or missing call; phone operations go on working; after"
        " dropping off the conference, behaviour is normal again.",
        "outcome set; afterwards state is exact",
    ),
    Clause(
        "AWDB-01",
        "Prerequisites: a secondary AWDB is configured, reachable from Finesse, and its Distributor "
        "service runs. Missing any one, there is no fail-over to it.",
        "O: authentication result",
    ),
    Clause(
        "AWDB-02",
        "A successful API request caches the user's credentials for 30 minutes from that request.",
        "B: 30 min",
    ),
    Clause(
        "AWDB-03",
        "Within those 30 minutes the user stays authenticated even with both AWDBs down.",
        "B: 30 min",
    ),
    Clause(
        "AWDB-04",
        "The AWDB is asked again only after the cache has expired.",
        "O: no AWDB traffic for that user before",
    ),
    Clause(
        "AWDB-05",
        "Losing the primary, Finesse goes to the secondary.",
        "O: new user signs in",
    ),
    Clause(
        "AWDB-06",
        "It repeats this at every API request until one of the two answers.",
        "O: attempts per request",
    ),
    Clause(
        "AWDB-07",
        "During the fail-over no request is processed, yet clients still receive events.",
        "O: XMPP/BOSH stream alive, event delivered",
    ),
    Clause(
        "AWDB-08",
        'With both AWDBs down and the cache expired, a desktop sign-in shows "Invalid user ID or password".',
        "O: text on the sign-in page",
    ),
    Clause(
        "AWDB-09",
        "With both AWDBs down and the cache expired, administrators can neither read nor change settings "
        "in the administration console.",
        "O: admin REST / page errors",
    ),
    Clause(
        "AWDB-10",
        'With both AWDBs down and the cache expired, signed-in users see "Operation timed out".',
        "O: desktop notice",
    ),
    Clause(
        "AWDB-11",
        "With both AWDBs down and the cache expired, API requests get 401 Unauthorized.",
        "O: REST",
    ),
    Clause(
        "AWDB-12",
        "After losing one AWDB the first requests may time out before the loss is noticed; a retry succeeds.",
        "B: (ours) at most the database time-out, then success on retry",
    ),
    Clause(
        "CLIENT-01",
        "When its server goes out of service the agent is told that the connection is lost.",
        "O: notice",
    ),
    Clause(
        "CLIENT-02",
        "The desktop keeps checking whether the current server recovers.",
        "O: requests to current",
    ),
    Clause(
        "CLIENT-03",
        "It also checks whether the other server is available and in service.",
        "O: requests to alternate",
    ),
    Clause(
        "CLIENT-04",
        "If the other is available the agent is signed in there automatically.",
        "O: User state on the alternate, no typing",
    ),
    Clause(
        "CLIENT-05",
        "If the current one recovers first the agent is told that it has reconnected.",
        "O: notice",
    ),
    Clause(
        "CLIENT-06",
        "Trigger 1 of the desktop's fail-over logic: a SystemInfo event with OUT_OF_SERVICE, alone.",
        "each trigger alone starts the logic",
    ),
    Clause(
        "CLIENT-07",
        "Trigger 2: the BOSH connection is disconnected, alone.",
        "",
    ),
    Clause(
        "CLIENT-08",
        'Trigger 3: the presence of the XMPP user "finesse" becomes unavailable, alone.',
        "",
    ),
    Clause(
        "CLIENT-09",
        "Whatever the trigger, it polls SystemInfo of the current server every 10 s.",
        "B: 10 s",
    ),
    Clause(
        "CLIENT-10",
        "IN_SERVICE seen → check BOSH; if BOSH is down → request a BOSH connection.",
        "O: order",
    ),
    Clause(
        "CLIENT-11",
        "BOSH up and IN_SERVICE → refresh the data.",
        "O: GET User, Dialogs …",
    ),
    Clause(
        "CLIENT-12",
        "The alternate is checked every 10 s too.",
        "B: 10 s",
    ),
    Clause(
        "CLIENT-13",
        "Bias to stay: alternate seen available → one more check of the current server; if that one is "
        "back, reconnect there.",
        "O: order; final server",
    ),
    Clause(
        "CLIENT-14",
        "If the current server is still down at that check, the desktop connects the agent to the alternate.",
        "O: final server",
    ),
    Clause(
        "CLIENT-15",
        "It never goes back by itself to the failed server after that one recovers.",
        "O: stays for (ours) ≥ 6 polls",
    ),
    Clause(
        "CLIENT-16",
        "If BOSH is the source, the XMPP library makes three reconnection attempts before the desktop is "
        '"disconnected", and the logic above starts only then.',
        "B: 3 attempts",
    ),
    Clause(
        "CLIENT-17",
        "Desktop fail-over happens when the Cisco Finesse Tomcat service goes down.",
        "O: clauses above hold",
    ),
    Clause(
        "CLIENT-18",
        "Desktop fail-over happens when the Finesse Webapp goes down.",
        "",
    ),
    Clause(
        "CLIENT-19",
        "Desktop fail-over happens when the Cisco Finesse Notification Service goes down.",
        "",
    ),
    Clause(
        "CLIENT-20",
        "Desktop fail-over happens when Finesse has lost both CTI servers.",
        "",
    ),
    Clause(
        "DESKTOP-01",
        "By default (LOAD = 0) the CTI server puts the agent in Not Ready on a forced logout.",
        "O: agent state",
    ),
    Clause(
        "DESKTOP-02",
        "Finesse notices a crashed browser within 120 s.",
        "B: ≤ 120 s to Unavailable presence",
    ),
    Clause(
        "DESKTOP-03",
        "From Unavailable presence it waits 60 s before the forced logout.",
        "B: 60 s",
    ),
    Clause(
        "DESKTOP-04",
        "A browser crash therefore ends in sign-out within 180 s.",
        "B: ≤ 180 s",
    ),
    Clause(
        "DESKTOP-05",
        "Closing the browser, leaving the page or Back: best-effort Unavailable presence, 60 s, forced "
        "logout with code 255.",
        "B: 60 s, 255",
    ),
    Clause(
        "DESKTOP-06",
        "Race 1: agent already signed out when the forced logout comes: nothing worse happens.",
        "outcome set",
    ),
    Clause(
        "DESKTOP-07",
        "Race 2: crash, then sign-in on the secondary before the primary noticed: agent may be signed out"
        " or Not Ready on the secondary.",
        "outcome set",
    ),
    Clause(
        "DESKTOP-08",
        "Slow network, no Unavailable presence sent: behaves like a crash (≤ 120 s + 60 s).",
        "B",
    ),
    Clause(
        "DESKTOP-09",
        "Not Ready before the fail-over → Not Ready – Connection Failure after the CTI disconnect/reconnect.",
        "O: reason",
    ),
    Clause(
        "DESKTOP-10",
        "Ready before the fail-over → stays, then Not Ready – Connection Failure at the next change to Not Ready.",
        "O: reason",
    ),
    Clause(
        "DESKTOP-11",
        "Refreshing the page: Unavailable, and back within 60 s → no forced logout.",
        "B: 60 s; boundary both sides",
    ),
    Clause(
        "DESKTOP-12",
        "Network glitch, Finesse in service: client goes to the secondary; primary sends the forced logout.",
        "outcome set",
    ),
    Clause(
        "DESKTOP-13",
        "Race 3: on a call in that case, the primary sends the forced logout after the call ends, and the"
        " agent is then signed out or Not Ready though signed in on the secondary.",
        "O: not before call end; outcome set",
    ),
    Clause(
        "DESKTOP-14",
        "Refresh token expired: the desktop sends a forced logout to Finesse, which forwards it to the CTI server.",
        "O: CTI link",
    ),
    Clause(
        "DESKTOP-15",
        "Warning dialogs appear 10 and 5 minutes before expiry.",
        "B: 10 min, 5 min",
    ),
    Clause(
        "DESKTOP-16",
        "In the last minute a countdown shows.",
        "B: 60 s",
    ),
    Clause(
        "DESKTOP-17",
        "At zero the agent is logged out by force and has to sign in.",
        "B",
    ),
    Clause(
        "DESKTOP-18",
        "LOAD = 0, agent Not Ready, Ready or Wrap-Up → Not Ready – Connection Failure.",
        "three states",
    ),
    Clause(
        "DESKTOP-19",
        "LOAD = 0, agent Talking → Not Ready – Connection Failure after the call ends.",
        "not before",
    ),
    Clause(
        "DESKTOP-20",
        "LOAD = 1, agent Not Ready, Ready or Wrap-Up → Logged Out – System Failure.",
        "three states",
    ),
    Clause(
        "DESKTOP-21",
        "LOAD = 1, agent Talking → Logged Out – System Failure at once, call still active.",
        "call lives on",
    ),
    Clause(
        "DESKTOP-22",
        "SSO: stale browser cookies can expire the token early; signing in with cleared cookies does not.",
        "O: session length",
    ),
    Clause(
        "IPPA-01",
        "Its server goes out of service → the phone shows that the server is unavailable.",
        "O: phone screen",
    ),
    Clause(
        "IPPA-02",
        "It keeps checking that server and tells the agent when it is back.",
        "O: phone screen",
    ),
    Clause(
        "IPPA-03",
        "It tries every 5 s, and gives up after three failed attempts: ≈ 15 s in all.",
        "B: 5 s, 3, ≈ 15 s",
    ),
    Clause(
        "IPPA-04",
        "It never checks the alternate server.",
        "O: no request to it",
    ),
    Clause(
        "IPPA-05",
        "To use the alternate the agent leaves the current service and signs in to the other by hand.",
        "O",
    ),
    Clause(
        "IPPA-06",
        "Trigger 1: SystemInfo OUT_OF_SERVICE → polls SystemInfo every 5 s; after three attempts not in "
        "service → message.",
        "B",
    ),
    Clause(
        "IPPA-07",
        "Trigger 2: XMPP disconnected → tries to reconnect every 5 s; after three → message.",
        "B",
    ),
    Clause(
        "IPPA-08",
        "While the agent stays in the service it goes on trying; when both are back it shows the sign-in "
        "screen, and the agent can sign in and work.",
        "O",
    ),
    Clause(
        "IPPA-09",
        "If they do not come back, the only way on is the alternate service.",
        "O",
    ),
    Clause(
        "IPPA-10",
        "The phone agent's fail-over happens when the Finesse Webapp goes down.",
        "",
    ),
    Clause(
        "IPPA-11",
        "The phone agent's fail-over happens when the Cisco Finesse Notification Service goes down.",
        "",
    ),
    Clause(
        "IPPA-12",
        "The phone agent declares its server out of service when a CTI fail-over takes longer than the ≈ "
        "15 s; a faster one does not (boundary on both sides).",
        "B",
    ),
)

_BY_ID = {row.id: row for row in CLAUSES}
