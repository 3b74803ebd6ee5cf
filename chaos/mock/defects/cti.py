"""Defects that break clauses of the CTI family."""

from chaos.mock.defects import scopes as of
from chaos.mock.defects.axes import DIALOG_EVENTS, EVENTS, WORDS, Axis
from chaos.mock.defects.defect import Defect

# What a client can be told of, apart from the notice that the node is in service.
_TOLD = {Axis.EVENT: EVENTS[:5]}
_CHANGES = {Axis.EVENT: EVENTS[:4]}
_SOCKET = {Axis.LOSS: ("reset", "closed")}
_SENT = {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialogs", "Dialog")}
_SHOWN = {Axis.VERB: ("GET",), Axis.RESOURCE: ("User", "Dialogs", "Dialog")}
_STATE = {Axis.STATE: WORDS[Axis.STATE]}
_VARIABLE = {Axis.VARIABLE: WORDS[Axis.VARIABLE]}


class CtiDefect(Defect):
    """CTI-01 to CTI-11."""

    # CTI-01: fail-over to side B only where it is configured; else side A is retried.
    UNCONFIGURED_SIDE_TRIED = (
        "unconfigured-side-tried", "CTI-01", of.ATTEMPTS, "no B side is configured, yet a B it once knew is tried"
    )  # fmt: skip
    NEVER_FAILS_OVER = "never-fails-over", "CTI-01", of.ATTEMPTS, "a B side is configured, yet only A is ever tried"
    GIVES_UP_WITHOUT_B = (
        "gives-up-without-b", "CTI-01", of.ATTEMPTS, "without a B side, A is not tried again for an hour",
        {Axis.SIDE: ("A",)}, {Axis.LATE: 3600},
    )  # fmt: skip
    GIVES_UP_BESIDE_PEER = (
        "gives-up-beside-peer", "CTI-01", of.ATTEMPTS,
        "without a B side, A is not tried again for an hour once the other node has a session",
        {Axis.SIDE: ("A",)}, {Axis.LATE: 3600},
    )  # fmt: skip
    RESTART_LOSES_B = (
        "restart-loses-b", "CTI-01", of.ATTEMPTS, "once it was started again it tries A alone, though B is configured"
    )  # fmt: skip
    KNOCKS_AT_UNCONFIGURED_SIDE = (
        "knocks-at-unconfigured-side", "CTI-01", of.ATTEMPTS, "without a B side, one it once knew is connected to"
    )  # fmt: skip

    GIVES_UP_READ_B = (
        "gives-up-read-b", "CTI-01", of.FOUND,
        "a session on B is given up once agents and calls have been read over it, and A is tried",
        {Axis.SIDE: ("B",)},
    )  # fmt: skip

    # CTI-02: after losing A, B once before A again.
    B_TWICE_IN_FIRST_ROUND = (
        "b-twice-in-first-round", "CTI-02", of.FIRST_ROUND, "after losing A, B is tried twice before A"
    )  # fmt: skip
    A_AGAIN_BEFORE_B = "a-again-before-b", "CTI-02", of.LOSSES, "after losing A, A is tried again before B"
    A_FIRST_AMID_REQUESTS = (
        "a-first-amid-requests", "CTI-02", of.LOSSES, "… where somebody waits for an answer of the CTI server"
    )  # fmt: skip
    A_BESIDE_B = "a-beside-b", "CTI-02", of.LOSSES, "after losing A, A is tried before the attempt at B has failed"
    KNOCKS_AT_A_BESIDE_B = (
        "knocks-at-a-beside-b",
        "CTI-02",
        of.LOSSES,
        "… connected to, and left without a word",
    )

    # CTI-03: then by turns until one succeeds.
    LATER_ROUNDS_TWICE = "later-rounds-twice", "CTI-03", of.ROUNDS, "after the first round a side is tried twice"
    SKIPS_A_TURN = "skips-a-turn", "CTI-03", of.ROUNDS, "after the first round the other side is tried in its turn"
    STOPS_TRYING = (
        "stops-trying", "CTI-03", of.ROUNDS, "after the first round nothing is tried for an hour",
        None, {Axis.LATE: 3600},
    )  # fmt: skip
    STOPS_TRYING_BESIDE_PEER = (
        "stops-trying-beside-peer", "CTI-03", of.ROUNDS,
        "nothing is tried for an hour once the other node has a session", None, {Axis.LATE: 3600},
    )  # fmt: skip
    KEEPS_TRYING_AFTER_SUCCESS = (
        "keeps-trying-after-success", "CTI-03", of.SUCCESS, "attempts go on after one has succeeded"
    )  # fmt: skip
    KNOCKS_WHILE_READ = (
        "knocks-while-read", "CTI-03", of.FOUND,
        "while agents and calls are being read over a session the other side is connected to, and left without a word",
    )  # fmt: skip
    KNOCKS_AFTER_SUCCESS = (
        "knocks-after-success", "CTI-03", of.SUCCESS, "the other side goes on being connected to, without a word"
    )  # fmt: skip

    # CTI-04: three missed heartbeats in a row, never two.
    TWO_MISSES_ARE_LOSS = "two-misses-are-loss", "CTI-04", of.BEATS, "two missed heartbeats are taken for a loss"
    FOUR_MISSES_NEEDED = "four-misses-needed", "CTI-04", of.BEATS, "three missed heartbeats are not yet a loss"
    MISSES_ACCUMULATE = "misses-accumulate", "CTI-04", of.BEATS, "three misses are a loss, in a row or not"
    ONE_ANSWER_IS_NOT_ENOUGH = (
        "one-answer-is-not-enough", "CTI-04", of.BEATS, "misses are forgotten after two answers in a row only"
    )  # fmt: skip
    MISSES_NEVER_ARE_LOSS = "misses-never-are-loss", "CTI-04", of.BEATS, "missed heartbeats are never a loss"
    MISSES_CARRIED_OVER = (
        "misses-carried-over", "CTI-04", of.BEATS, "the misses by which a session was lost count in the next one"
    )  # fmt: skip
    OTHER_TRAFFIC_COUNTS = "other-traffic-counts", "CTI-04", of.BEATS, "any message counts as a heartbeat's answer"
    LATE_ANSWERS_ARE_MISSES = (
        "late-answers-are-misses", "CTI-04", of.BEATS,
        "a heartbeat that is answered later than that counts as missed, though the next one was not due", None,
        {Axis.LATE: 3},
    )  # fmt: skip
    UNANSWERED_REQUEST_IS_LOSS = (
        "unanswered-request-is-loss", "CTI-04", of.BEATS,
        "a request that gets no answer while a heartbeat is unanswered is taken for a loss",
    )  # fmt: skip
    REQUEST_IN_VAIN_IS_LOSS = (
        "request-in-vain-is-loss", "CTI-04", of.BEATS, "… while no heartbeat is unanswered yet",
    )  # fmt: skip
    REQUEST_IN_VAIN_COUNTS = (
        "request-in-vain-counts", "CTI-04", of.BEATS, "… while the third heartbeat is, as if that were missed already",
    )  # fmt: skip
    SILENCE_NOTICED_LATE = (
        "silence-noticed-late", "CTI-04", of.SOCKETS, "the third miss is acted on late",
        {Axis.LOSS: ("silent",)}, {Axis.LATE: 4},
    )  # fmt: skip
    SILENCE_NOT_TOLD = (
        "silence-not-told", "CTI-04", of.NOTICES, "clients get no OUT_OF_SERVICE notice after three misses",
        {Axis.LOSS: ("silent",)},
    )  # fmt: skip
    SLOW_HEARTBEATS = (
        "slow-heartbeats", "CTI-04", of.BEATS, "heartbeats go out later than SystemInfo says", None, {Axis.LATE: 2}
    )  # fmt: skip

    # CTI-05: a failed socket is a loss at once.
    SOCKET_LOSS_WAITS = (
        "socket-loss-waits", "CTI-05", of.SOCKETS, "a failed socket is noticed after three heartbeat intervals only",
        _SOCKET, {Axis.LATE: 15},
    )  # fmt: skip
    SOCKET_LOSS_WAITS_AMID_MISSES = (
        "socket-loss-waits-amid-misses", "CTI-05", of.SOCKETS,
        "a failed socket is noticed late where a heartbeat was missed before", _SOCKET, {Axis.LATE: 5},
    )  # fmt: skip
    SOCKET_LOSS_WAITS_AMID_REQUESTS = (
        "socket-loss-waits-amid-requests", "CTI-05", of.SOCKETS,
        "a failed socket is noticed late where something was asked of the CTI server just before", _SOCKET,
        {Axis.LATE: 3},
    )  # fmt: skip
    SOCKET_LOSS_WAITS_FOR_ANSWERS = (
        "socket-loss-waits-for-answers", "CTI-05", of.SOCKETS,
        "a failed socket is noticed late where somebody waits for an answer of the CTI server", _SOCKET,
        {Axis.LATE: 4},
    )  # fmt: skip
    LOSS_NOT_TOLD = "loss-not-told", "CTI-05", of.NOTICES, "clients get no OUT_OF_SERVICE notice", _SOCKET
    LOSS_TOLD_LATE = (
        "loss-told-late", "CTI-05", of.NOTICES, "clients get the OUT_OF_SERVICE notice late", _SOCKET, {Axis.LATE: 3}
    )  # fmt: skip
    LOSS_UNTOLD_BY_DOOR = (
        "loss-untold-by-door", "CTI-05", of.NOTICES_BY_DOOR, "clients by some kinds of doors get no such notice",
        {Axis.DOOR: ("bosh", "websocket"), **_SOCKET},
    )  # fmt: skip
    LOSS_UNTOLD_SIGNED_OUT = (
        "loss-untold-signed-out", "CTI-05", of.SOCKETS, "who is not signed in gets no such notice", _SOCKET
    )  # fmt: skip

    # CTI-06: 503 for every request in the gap; SystemInfo says that there is one.
    GAP_ANSWERS = "gap-answers", "CTI-06", of.GAP_REQUESTS, "requests are answered as usual while failing over"
    GAP_ACCEPTS = (
        "gap-accepts", "CTI-06", of.GAP_REQUESTS, "requests get 202 while failing over, in vain",
        {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialogs", "Dialog", "ClientLog")},
    )  # fmt: skip
    GAP_500 = "gap-500", "CTI-06", of.GAP_REQUESTS, "requests are answered with 500 while failing over"
    GAP_401 = "gap-401", "CTI-06", of.GAP_REQUESTS, "requests are answered with 401 while failing over"
    GAP_404 = "gap-404", "CTI-06", of.GAP_REQUESTS, "requests are answered with 404 while failing over"
    GAP_SAYS_OTHERWISE = "gap-says-otherwise", "CTI-06", of.GAP_REQUESTS, "503 comes with the words of another error"
    KEEPS_FOR_LATER = (
        "keeps-for-later", "CTI-06", of.GAP_REQUESTS, "a refused request is carried out after the fail-over",
        {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    GAP_WAITS = "gap-waits", "CTI-06", of.GAP_REQUESTS, "requests wait until the fail-over is complete"
    GAP_SERVES_CALLS = (
        "gap-serves-calls", "CTI-06", of.GAP_REQUESTS, "what is asked of a call that clients are shown is not refused",
        {Axis.RESOURCE: ("Dialog",)},
    )  # fmt: skip
    GAP_SERVES_SUPERVISORS = (
        "gap-serves-supervisors", "CTI-06", of.GAP_REQUESTS, "what supervisors ask of their agents is not refused",
        {Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    READING_ANSWERS = (
        "reading-answers", "CTI-06", of.READING_REQUESTS,
        "requests are answered as usual while agents and calls are being read over a new session",
    )  # fmt: skip
    READING_500 = (
        "reading-500", "CTI-06", of.READING_REQUESTS, "… with 500, as if what is not read yet could not be",
    )  # fmt: skip
    GAP_READS_BODIES = (
        "gap-reads-bodies", "CTI-06", of.GAP_REQUESTS, "a body that is no document is refused for that, with 400",
        {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    GAP_SERVES_RESPELLED = (
        "gap-serves-respelled", "CTI-06", of.GAP_REQUESTS,
        "a path with a slash at its end, or an empty part, is served",
        {Axis.VERB: ("GET",), Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    GAP_TAKES_SIGN_INS = (
        "gap-takes-sign-ins", "CTI-06", of.GAP_REQUESTS, "who asks to sign in gets 202 while failing over",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("User",)},
    )  # fmt: skip
    GAP_INFO_404 = "gap-info-404", "CTI-06", of.GAP_LOOKS, "SystemInfo is answered with 404 in the gap"
    GAP_INFO_EMPTY = "gap-info-empty", "CTI-06", of.GAP_LOOKS, "SystemInfo has no status in the gap"
    GAP_SAYS_IN_SERVICE = "gap-says-in-service", "CTI-06", of.GAP_LOOKS, "SystemInfo says IN_SERVICE in the gap"

    # CTI-07: no events in the gap.
    GAP_EVENTS = (
        "gap-events", "CTI-07", of.GAP_EVENTS, "events are published while out of service",
        {Axis.EVENT: ("user", "dialog-changed")},
    )  # fmt: skip
    GAP_EVENTS_BY_DOOR = (
        "gap-events-by-door", "CTI-07", of.GAP_EVENTS_BY_DOOR, "… to clients by some kinds of doors alone",
        {Axis.DOOR: ("bosh", "websocket")},
    )  # fmt: skip
    GAP_COMERS_TOLD = (
        "gap-comers-told", "CTI-07", of.GAP_COMERS, "who opens a desktop in the gap is sent his own document"
    )  # fmt: skip
    READING_EVENTS = (
        "reading-events", "CTI-07", of.READING_EVENTS,
        "what becomes of people while agents and calls are being read is told before the node is in service",
    )  # fmt: skip
    GAP_LATE_NEWS = (
        "gap-late-news", "CTI-07", of.GAP_EVENTS, "what happened just before the loss is told in the gap",
        _CHANGES, {Axis.LATE: 2},
    )  # fmt: skip
    GAP_FAILS_PENDING = (
        "gap-fails-pending", "CTI-07", of.GAP_EVENTS, "what was under way at the loss is told to have failed",
        {Axis.EVENT: ("error",)},
    )  # fmt: skip
    GAP_QUEUE_EVENTS = (
        "gap-queue-events", "CTI-07", of.GAP_QUEUES, "what queues came to before the loss is told in the gap"
    )  # fmt: skip
    GAP_NOTICE_AGAIN = (
        "gap-notice-again", "CTI-07", of.NOTICES, "the OUT_OF_SERVICE notice is published once more in the gap", None,
        {Axis.LATE: 8},
    )  # fmt: skip
    GAP_ERROR_EVENTS = "gap-error-events", "CTI-07", of.GAP_REQUESTS, "a refused request has an event, too", _SENT

    # CTI-08: requests and events again, once it is over.
    NO_IN_SERVICE_NOTICE = "no-in-service-notice", "CTI-08", of.BACK_NOTICE, "IN_SERVICE is not announced afterwards"
    REFUSES_AFTER_RECONNECT = "refuses-after-reconnect", "CTI-08", of.BACK_REQUESTS, "requests still get 503 afterwards"
    FAILS_AFTER_RECONNECT = "fails-after-reconnect", "CTI-08", of.BACK_REQUESTS, "requests get 500 afterwards"
    ACCEPTS_IN_VAIN = "accepts-in-vain", "CTI-08", of.BACK_REQUESTS, "requests get 202 afterwards, in vain", _SENT
    DOES_OTHERWISE = (
        "does-otherwise", "CTI-08", of.BACK_REQUESTS, "another state, other data, or a transfer for a conference",
        {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialog", "Dialogs")},
    )  # fmt: skip
    DROPS_FOR_ALL = (
        "drops-for-all", "CTI-08", of.BACK_REQUESTS, "who drops off a conference ends it for everybody",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("Dialog",)},
    )  # fmt: skip
    REASONS_OTHERWISE = (
        "reasons-otherwise", "CTI-08", of.BACK_STATES, "states are asked for at the switch with another reason",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("User",), Axis.STATE: ("NOT_READY", "LOGOUT")},
    )  # fmt: skip
    REFUSES_WHAT_CAN_BE_DONE = (
        "refuses-what-can-be-done", "CTI-08", of.BACK_REQUESTS, "requests that can be carried out get 400 afterwards",
        _SENT,
    )  # fmt: skip
    DOCUMENTS_THINNED = (
        "documents-thinned", "CTI-08", of.BACK_EVENTS, "events afterwards lack the team, or what may be done",
        {Axis.EVENT: ("user", "dialog-new", "dialog-changed")},
    )  # fmt: skip
    FIELDS_OTHERWISE = (
        "fields-otherwise", "CTI-08", of.BACK_FIELDS, "events afterwards say something else in one of their fields",
        {Axis.EVENT: ("user", "dialog-new", "dialog-changed")},
    )  # fmt: skip
    ANSWERS_OTHERWISE = (
        "answers-otherwise", "CTI-08", of.BACK_ANSWERS, "answers afterwards say something else in one of their fields",
        _SHOWN,
    )  # fmt: skip
    NODE_OTHERWISE = (
        "node-otherwise", "CTI-08", of.BACK_LOOKS, "SystemInfo afterwards has the nodes' names swapped"
    )  # fmt: skip
    SERVER_OTHERWISE = (
        "server-otherwise", "CTI-08", of.BACK_LOOKS, "SystemInfo afterwards shows side A's CTI server in use, always"
    )  # fmt: skip
    BEATS_OTHERWISE = (
        "beats-otherwise", "CTI-08", of.BACK_LOOKS, "SystemInfo afterwards says that heartbeats are not confirmed"
    )  # fmt: skip
    TIME_STANDS_STILL = (
        "time-stands-still", "CTI-08", of.BACK_LOOKS, "SystemInfo afterwards shows the same time for ever"
    )  # fmt: skip
    SUPERVISORS_FAIL = (
        "supervisors-fail", "CTI-08", of.BACK_REQUESTS, "what supervisors ask of their agents gets 500 afterwards",
        {Axis.RESOURCE: ("User", "Dialogs")},
    )  # fmt: skip
    SUPERVISORS_TURNED_AWAY = (
        "supervisors-turned-away", "CTI-08", of.BACK_REQUESTS,
        "states that supervisors ask for their agents get 401 afterwards",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("User",)},
    )  # fmt: skip
    LOSES_RESOURCES = "loses-resources", "CTI-08", of.BACK_REQUESTS, "requests get 404 afterwards"
    TEAM_UNTOLD = (
        "team-untold", "CTI-08", of.BACK_EVENTS, "who follows a team is told nothing of it afterwards",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip
    PENDING_UNTOLD = (
        "pending-untold", "CTI-08", of.BACK_EVENTS, "events afterwards do not say which state comes after a call",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip
    STATE_TIMES_LOST = (
        "state-times-lost", "CTI-08", of.BACK_EVENTS, "events afterwards do not say since when a state is",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip
    NEWCOMERS_UNTOLD = (
        "newcomers-untold", "CTI-08", of.BACK_EVENTS, "whoever connects only after the fail-over is told of nothing",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip
    GAP_COMERS_UNTOLD = (
        "gap-comers-untold", "CTI-08", of.BACK_EVENTS, "whoever connects in the gap is told of nothing after it",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip
    MARKS_LOST = "marks-lost", "CTI-08", of.BACK_EVENTS, "events bear no requestId afterwards", _CHANGES
    SOURCES_OTHERWISE = (
        "sources-otherwise", "CTI-08", of.BACK_EVENTS, "events come from somebody else's resource afterwards",
        {Axis.EVENT: ("user", "dialog-new", "dialog-gone")},
    )  # fmt: skip
    CALLS_TOLD_TWICE = (
        "calls-told-twice", "CTI-08", of.BACK_EVENTS, "that a call began, or is over, is published twice afterwards",
        {Axis.EVENT: ("dialog-new", "dialog-gone")},
    )  # fmt: skip
    UNCHANGED_UNTOLD = (
        "unchanged-untold", "CTI-08", of.BACK_EVENTS, "who asks for the state that he is in is told nothing afterwards",
        {Axis.EVENT: ("user",)},
    )  # fmt: skip
    UNCHANGED_REFUSED = (
        "unchanged-refused", "CTI-08", of.BACK_REQUESTS, "requests for what is so already get 400 afterwards",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("User", "Dialog")},
    )  # fmt: skip
    LISTS_LACK_HELD = (
        "lists-lack-held", "CTI-08", of.BACK_REQUESTS, "lists of calls leave out those that are on hold",
        {Axis.VERB: ("GET",), Axis.RESOURCE: ("Dialogs",)},
    )  # fmt: skip
    SHOWS_THE_PAST = "shows-the-past", "CTI-08", of.BACK_REQUESTS, "requests show what was when the gap began", _SHOWN
    SAYS_OUT_OF_SERVICE = "says-out-of-service", "CTI-08", of.BACK_LOOKS, "SystemInfo says OUT_OF_SERVICE afterwards"
    MUTE_AFTER_RECONNECT = (
        "mute-after-reconnect", "CTI-08", of.BACK_EVENTS, "what happens afterwards is not published", _TOLD
    )  # fmt: skip
    EVENTS_LATE = (
        "events-late", "CTI-08", of.BACK_EVENTS, "what happens afterwards is published late", _TOLD, {Axis.LATE: 45}
    )  # fmt: skip
    CHANGES_AFTER_END = (
        "changes-after-end", "CTI-08", of.BACK_EVENTS, "a change of a call is published after its end, too",
        {Axis.EVENT: ("dialog-gone",)}, {Axis.LATE: 1},
    )  # fmt: skip
    EVENTS_TELL_THE_PAST = (
        "events-tell-the-past", "CTI-08", of.BACK_EVENTS, "events afterwards carry what was before",
        {Axis.EVENT: ("user", "dialog-changed")},
    )  # fmt: skip

    # CTI-09: what happened in the gap is told after it.
    GAP_STATE_LOST = "gap-state-lost", "CTI-09", of.CATCHING_UP, "a state changed in the gap is not told", _STATE
    STATE_OUTLIVES_GAP = (
        "state-outlives-gap", "CTI-09", of.CATCHING_UP, "who was in that state when the gap began stays so", _STATE
    )  # fmt: skip
    GAP_STATE_OLD = "gap-state-old", "CTI-09", of.CATCHING_UP, "a state changed in the gap is told as it was", _STATE
    PENDING_INVENTED = (
        "pending-invented", "CTI-09", of.CATCHING_UP, "a state of the gap is told as if Ready came next",
        {Axis.STATE: ("TALKING", "HOLD", "RESERVED")},
    )  # fmt: skip
    GAP_CALL_START_LOST = "gap-call-start-lost", "CTI-09", of.CATCHING_UP, "a call begun in the gap is not told"
    GAP_START_WITHOUT_DATA = (
        "gap-start-without-data", "CTI-09", of.CATCHING_UP, "a call begun in the gap is told without data", _VARIABLE
    )  # fmt: skip
    GAP_CALL_END_LOST = "gap-call-end-lost", "CTI-09", of.CATCHING_UP, "the end of a call in the gap is not told"
    GAP_LEFT_CALL_STANDS = (
        "gap-left-call-stands", "CTI-09", of.CATCHING_UP, "a call left in the gap, that goes on, is not taken off"
    )  # fmt: skip
    GAP_END_AS_CHANGE = "gap-end-as-change", "CTI-09", of.CATCHING_UP, "a call that has ended is told as if it were up"
    GAP_CALL_DATA_LOST = (
        "gap-call-data-lost", "CTI-09", of.CATCHING_UP, "call data changed in the gap are told as they were", _VARIABLE
    )  # fmt: skip
    GAP_DATA_SHIFTED = "gap-data-shifted", "CTI-09", of.CATCHING_UP, "call data are told under the next variable"
    GAP_CONTROL_LOST = (
        "gap-control-lost", "CTI-09", of.CATCHING_UP, "what was done to a call in the gap is not told",
        {Axis.ACT: ("answer", "hold", "retrieve", "join", "drop")},
    )  # fmt: skip
    GAP_CONTROL_UNTOLD_OTHERS = (
        "gap-control-untold-others", "CTI-09", of.CATCHING_UP,
        "what somebody did to a call in the gap is told him alone",
        {Axis.ACT: ("hold", "retrieve")},
    )  # fmt: skip
    GAP_CHANGES_LATE = (
        "gap-changes-late", "CTI-09", of.CATCHING_UP, "what happened in the gap is told a minute later",
        _CHANGES, {Axis.LATE: 60},
    )  # fmt: skip
    GAP_CHANGES_MISDIRECTED = (
        "gap-changes-misdirected", "CTI-09", of.CATCHING_UP, "what happened in the gap is told another agent", _CHANGES
    )  # fmt: skip

    GAP_CHANGE_AS_NEW_CALL = (
        "gap-change-as-new-call", "CTI-09", of.CATCHING_UP,
        "a call that was changed in the gap is told as if it were over, and at once as a new one",
    )  # fmt: skip
    TELLS_OF_NOTHING = (
        "tells-of-nothing", "CTI-09", of.CATCHING_UP, "with a state comes the end of a call that never was", _STATE
    )  # fmt: skip
    CALLS_SHARED = (
        "calls-shared", "CTI-09", of.BACK_EVENTS, "calls that begin after the gap are told everybody else, too",
        {Axis.EVENT: ("dialog-new",)},
    )  # fmt: skip
    WRONG_EXTENSION = "wrong-extension", "CTI-09", of.PLACES, "agents are shown without their extension afterwards"
    WRONG_ADDRESSES = "wrong-addresses", "CTI-09", of.PLACES, "who calls and who is called are swapped afterwards"

    # CTI-10: a call wholly inside the gap leaves no trace.
    GHOST_CALL = (
        "ghost-call", "CTI-10", of.GHOSTS, "a new session is told of calls that ended in the gap",
        {Axis.EVENT: DIALOG_EVENTS, Axis.ACT: ("answer", "hold", "retrieve", "join", "data")},
    )  # fmt: skip
    LATE_GHOST_CALL = (
        "late-ghost-call", "CTI-10", of.GHOSTS, "so it is, but only a while later",
        {Axis.EVENT: DIALOG_EVENTS, Axis.ACT: ("answer", "hold", "retrieve", "join", "data")}, {Axis.LATE: 10},
    )  # fmt: skip
    GHOST_END = (
        "ghost-end", "CTI-10", of.GHOSTS, "the end alone of a call that lay in the gap is told",
        {Axis.EVENT: ("dialog-gone",), Axis.ACT: ("answer", "hold", "retrieve", "join", "data")},
    )  # fmt: skip

    GHOST_BY_ID = (
        "ghost-by-id", "CTI-10", of.GHOSTS, "nothing of it is told, but it is shown to who asks for it by its id",
        {Axis.EVENT: ("dialog-new",), Axis.ACT: ("answer", "hold", "retrieve", "join", "data")},
    )  # fmt: skip

    GHOST_STATES = (
        "ghost-states", "CTI-10", of.GHOSTS, "who was in it is told Talking a while after the gap, and then as he is",
        {Axis.ACT: ("answer", "hold", "retrieve", "join", "data")}, {Axis.LATE: 10},
    )  # fmt: skip

    GHOST_NAMED = (
        "ghost-named", "CTI-10", of.GHOSTS, "nothing of it is told, but the next call of somebody is said to be its",
        {Axis.EVENT: ("dialog-new",), Axis.ACT: ("answer", "hold", "retrieve", "join", "data")},
    )  # fmt: skip

    # CTI-11: conferences.
    CONFERENCE_STUCK = "conference-stuck", "CTI-11", of.CONFERENCES, "the dialog stays after the agent dropped off"
    CONFERENCE_STUCK_IN_REST = "conference-stuck-in-rest", "CTI-11", of.CONFERENCES, "… in answers, events say it went"
    CONFERENCE_END_NOT_TOLD = "conference-end-not-told", "CTI-11", of.CONFERENCES, "… in no event, answers are right"
    CONFERENCE_FREEZES_PHONE = (
        "conference-freezes-phone", "CTI-11", of.PHONES, "after a new session, phone operations on it are refused",
        {Axis.ACT: ("hold", "retrieve", "drop")},
    )  # fmt: skip
    CONFERENCE_STUCK_BY_ID = (
        "conference-stuck-by-id", "CTI-11", of.CONFERENCES, "… where it is asked for by its id alone"
    )  # fmt: skip
    CONFERENCE_REFUSED_AT_DESKTOP = (
        "conference-refused-at-desktop", "CTI-11", of.CONFERENCE_ANSWERS, "what desktops ask about it is refused",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("Dialog",)},
    )  # fmt: skip
    CONFERENCE_ASKED_IN_VAIN = (
        "conference-asked-in-vain", "CTI-11", of.CONFERENCE_ANSWERS, "… or gets 202, and is not done",
        {Axis.VERB: ("PUT",), Axis.RESOURCE: ("Dialog",)},
    )  # fmt: skip
    CONFERENCE_DROP_REFUSED = (
        "conference-drop-refused", "CTI-11", of.CONFERENCES, "a desktop that is to drop off it is told that it cannot"
    )  # fmt: skip
    CONFERENCE_DROP_IN_VAIN = (
        "conference-drop-in-vain", "CTI-11", of.CONFERENCES, "… or gets 202, and nothing is done"
    )  # fmt: skip
    AFTER_CONFERENCE_REFUSED = (
        "after-conference-refused", "CTI-11", of.CONFERENCE_ANSWERS, "who dropped off is refused what he can do",
        {Axis.VERB: ("PUT", "POST"), Axis.RESOURCE: ("User", "Dialogs", "Dialog")},
    )  # fmt: skip
    AFTER_CONFERENCE_MUTE = (
        "after-conference-mute", "CTI-11", of.CONFERENCE_EVENTS, "who dropped off is told of nothing any more", _CHANGES
    )  # fmt: skip
    CONFERENCE_TOLD_AGAIN = (
        "conference-told-again", "CTI-11", of.CONFERENCES,
        "who dropped off is told of the conference, and that it is over, once more", None, {Axis.LATE: 15},
    )  # fmt: skip
    SECOND_CONFERENCE_INCOMPLETE = (
        "second-conference-incomplete", "CTI-11", of.CONFERENCES,
        "a conference that who dropped off has next is shown without parties of no agent",
    )  # fmt: skip
    STATE_AFTER_CONFERENCE_UNTOLD = (
        "state-after-conference-untold", "CTI-11", of.CONFERENCES, "the state that follows on it is told by no event"
    )  # fmt: skip
    AFTER_CONFERENCE_TALKING = (
        "after-conference-talking", "CTI-11", of.CONFERENCES, "who dropped off is shown as talking for ever"
    )  # fmt: skip
    AFTER_CONFERENCE_TALKING_IN_REST = (
        "after-conference-talking-in-rest", "CTI-11", of.CONFERENCE_ANSWERS, "… in answers, events say what is",
        {Axis.VERB: ("GET",), Axis.RESOURCE: ("User", "Users")},
    )  # fmt: skip
