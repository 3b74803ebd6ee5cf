"""The course of an experiment: its header, its steps, the steady state, the clock's error, its end."""

from dataclasses import dataclass

from chaos.journal.observations.base import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Header(Observation):
    """The first line of a journal: what was played, where, and how exact its clock is.

    agents, spare: (id, the node where they work), who are at work all the time, and who are only asked for when a story
    does so. cached: (node, agent or "administrator", seconds) whose last request there that succeeded was so old.
    is_new: spare agents who are not among these had never asked this deployment for anything.
    logged_out: agents of LOAD 1, whom the CTI server logs out when their desktop is gone; others are of LOAD 0. links:
    names of the links that can be broken. consoles: the roles of hosts that have one, "awdb.primary". doors: the nodes
    whose own records of who came to them can be read.
    refresh_token_s: how long refresh tokens of single sign-on live, as the inventory has it; None: nobody has any.
    streams: over what desktops in browsers have their event stream ("BOSH", "WebSocket"), where there are both kinds.
    transport: by which door those who are at work hear events (tcp, bosh, websocket); "" if nobody says.
    request_ids: whether events bear the requestId of what caused them, as the inventory has it.
    """

    experiment: str
    title: str
    lab: str
    deployment: str
    release: str
    started: str  # wall time, ISO 8601, UTC
    clock: str  # "virtual" or "real"
    seed: int
    heartbeat_interval_s: float
    nodes: tuple[str, ...]
    agents: tuple[tuple[str, str], ...] = ()
    spare: tuple[tuple[str, str], ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    logged_out: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    consoles: tuple[str, ...] = ()
    doors: tuple[str, ...] = ()
    faults_do_nothing: bool = False
    cached: tuple[tuple[str, str, float], ...] = ()
    is_new: bool = False
    refresh_token_s: float | None = None
    streams: tuple[str, ...] = ()
    transport: str = ""
    request_ids: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyState(Observation):
    """Whether the steady state held. when: "before" or "after"; missing: what did not."""

    when: str
    ok: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Observation):
    """A step of the experiment's story begins; it lasts until the next one."""

    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness(Observation):
    """The loop woke this late in the worst case since `since_s`: the clock error of a real-time run."""

    worst_s: float
    since_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Observation):
    """The last line of a whole journal. error: why the story was cut short, None if it was played to its end. counted:
    of some kinds how many observations there were to be noted, by the kind's name."""

    error: str | None = None
    counted: tuple[tuple[str, int], ...] = ()
