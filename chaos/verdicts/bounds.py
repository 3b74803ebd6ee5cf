"""Every figure that a verdict leans on, with both edges and its source. None stands anywhere else."""

from chaos.verdicts.bound import Bound


def heartbeat_loss(interval_s: float) -> Bound:
    """From the first of three unconfirmed heartbeats to the declared loss: three intervals, half of one either way.

    Two misses would read 2.0 intervals and four would read 4.0, so half an interval tells them apart.
    """
    return Bound(2.5 * interval_s, 3.5 * interval_s, "CTI-04: three intervals; ± half an interval (ours)")


def socket_loss(interval_s: float) -> Bound:
    """From the failure of the CTI socket to the declared loss: much less than one heartbeat interval."""
    return Bound(0.0, interval_s / 5, "CTI-05: at once; at most a fifth of a heartbeat interval (ours)")


# The first word of OUT_OF_SERVICE may reach us so much later than another client, and that of IN_SERVICE (ours).
NOTICE_S = 0.5

# The first second of a gap is that: requests sent and things done within it.
FIRST_S = 1.0

# Asked at once after a gap is what was sent so soon (ours: who asks for everything waits for each answer).
SOON_BACK_S = 5.0

# Who sent a request so long before the end of a gap and was answered after it was kept waiting for that (ours).
PARKED_S = 5.0

# The end of a gap are the last seconds before IN_SERVICE (ours: longer than a node waits between two attempts).
END_S = 10.0

# What answers show is true from so soon after IN_SERVICE on, and so soon after each later change (ours: a desktop reads
# everything again as soon as it is told).
ANSWERS_S = 2.0

# How near the switch must have been asked to vouch for what an answer should have shown (ours).
LOOKED_S = 15.0

# After IN_SERVICE everything that the gap left to tell has been told within this time (ours: no figure is documented. A
# node says IN_SERVICE when it has read agents and calls; what is left is to publish them, and two heartbeats are much).
RESYNC_S = 10.0
RESYNC = Bound(0.0, RESYNC_S, "CTI-09: after IN_SERVICE; 10 s (ours)")

# What happens at the switch is published within this time, if anything is published at all (ours): silence about an act
# that came later than this before the end of a gap shows nothing.
PUBLISH_S = 1.0

# A call that must leave no events is looked for this long after IN_SERVICE (ours: as long as the resync may take).
GHOST_WATCH_S = 30.0

# After a success, silence of this many retry periods, and of one heartbeat interval at least, shows that Finesse
# stopped trying (ours).
QUIET_RETRIES = 3

# Alternation is judged from this many attempts on (ours): both sides twice.
ATTEMPTS_MIN = 4

# A node that shows the same time after so long shows what once was (ours: it is told to the millisecond).
CLOCK_STANDS_S = 5.0

# For each side that may accept in the end it is judged over so many once (ours: what drifts shows by then).
ATTEMPTS_LONG = 30

# A node without a CTI session that has not looked for one for so many of its longest pauses so far, and for so long at
# least, has given up (ours: it is documented to repeat this until it succeeds).
GIVES_UP_PAUSES = 6
GIVES_UP_S = 60.0

# CTI-04: a confirmation that comes so long after its heartbeat, of an interval, is late and not missing; so many are to
# be seen (ours).
BEAT_LATE = 0.7
BEATS_LATE = 6

# AWDB-07: a request that waited for an attempt to reach an AWDB is answered well within this time of its end (ours).
FORGOTTEN_S = 15.0

# AWDB-02, AWDB-03: credentials are cached for 30 minutes from the time of the request.
CACHE_LIFE_S = 1800.0

# Both edges of that are looked at no farther than this from it (ours: room for a slow answer of a lab).
CACHE_EDGE_S = 5.0

# Long after the cache must have expired (ours): what is judged there does not depend on the exact edge.
CACHE_GONE_S = CACHE_LIFE_S + 60.0

# AWDB-12: a request to an AWDB that was lost ends at the latest then (ours: the database time-out is not published;
# drivers wait for 15 to 30 s, and one request may wait for a connection and for its answer).
DATABASE_TIMEOUT = Bound(0.0, 60.0, "AWDB-12: at most the database time-out; 60 s (ours)")

# AWDB-12: the request that meets the loss may fail, its retry must not (ours: "may need to retry" is one retry).
RETRIES = 1

# AWDB-11: so many requests of one node may end otherwise before it has noticed that both AWDBs are lost (ours: one
# each, by AWDB-12).
UNNOTICED_REQUESTS = 2

# AWDB-12: so many wrong passwords in a row lock somebody out (developer guide, sign-in to Finesse).
WRONG_PASSWORDS = 5

# AWDB-05, AWDB-12: that the other AWDB stays in use shows so long after it was used last (ours).
AWDB_LATER_S = 30.0

# AWDB-04: at so many requests of people who are not cached more must be asked when others are cached (ours).
ASKED_ALONG = 3

# AWDB-06: at so many requests a node must have tried the other AWDB, though it was connected to one (ours: it may look
# after that by itself, which falls into a request once).
TRIED_ON = 2

# AWDB-07: an attempt to connect that lasts at least so long leaves time to ask for something meanwhile, and to see an
# event (ours).
FAIL_OVER_S_MIN = 3.0

# Silence of a node towards its AWDBs counts only if a relay heard it ask one not longer than this before, and as soon
# after (ours: a control is made right before and right after each series of requests).
CONTROL_S = 60.0

# AWDB-04: what Finesse asks an AWDB so soon after a request, with nothing else before it for as long, it asks because
# of that (ours: a connection that is not used is looked after at times of its own).
ALONE_S = 10.0

# … and with something else before it, if so many other questions were followed by nothing for as long, for this long at
# least (ours).
QUIET_USES, SHORTLY_S = 3, 1.0

# So many moments of success have to be followed by a question after the same time, each of them, and so many others by
# none (ours).
ECHOES = 4

# Series of requests of cached users among which none may make Finesse ask an AWDB (ours).
IN_A_ROW = 10

# So often somebody must have been turned away before "not authenticated" is believed (ours: one try for each AWDB, and
# one more).
TRIES_IN_VAIN = 3

# An event counts as missing only if the same agent was told of the same kind of thing not longer than this before, and
# not longer after (ours).
EVENT_CONTROL_S = 180.0

# CLIENT-09, CLIENT-12: the desktop looks every 10 s, from one look's sending to the next one's (± 1 s is ours: a
# browser's timers are late by some tenths of a second).
DESKTOP_POLL = Bound(9.0, 11.0, "CLIENT-09, CLIENT-12: 10 s; ± 1 s (ours)")

# Whoever looks so long after each answer is late by more than that (ours).
DESKTOP_ANSWER_SLOW_S = 2.5

# … and at the other server for the first time within such a period of the first look at the current one.
DESKTOP_FIRST_POLL = Bound(0.0, DESKTOP_POLL.max_s, "CLIENT-12: 10 s; + 1 s (ours)")
# … and the next look of whoever was not let in by the other server, from the end of that try.
DESKTOP_NEXT_POLL = Bound(0.0, DESKTOP_POLL.max_s, "CLIENT-09, CLIENT-12: 10 s; + 1 s (ours)")
# A server that is lost again so soon after its desktop was back is lost soon again (ours: six looks).
DESKTOP_SOON_S = 60.0
# So many intervals between looks have to be seen in one fail-over (ours).
DESKTOP_POLLS_MIN = 6
# … and of a page that had lost its server before (ours: that it looks as it did the first time shows in fewer).
DESKTOP_POLLS_AGAIN_MIN = 2

# Two looks that do not come are no slow look any more (ours).
DESKTOP_GAP_S = 25.0

# What a desktop does upon something it does within this time (ours: no figure is documented; a page that is busy takes
# seconds).
DESKTOP_ACTS_S = 5.0

# CLIENT-01: what takes a node from its desktops is told to each of them so soon after the first client of it (ours: two
# looks), and noticed by all of them within BOSH_GIVEN_UP_S in any case.
DESKTOP_TOLD_S = 25.0

# What is shown for less than this nobody has read (ours).
NOTICE_STANDS_S = 1.0

# From the first BOSH request that failed to the end of the XMPP library's attempts (ours: no pauses are documented).
BOSH_GIVEN_UP_S = 60.0

# CLIENT-16.
BOSH_ATTEMPTS = 3

# CLIENT-14: an event stream from which nothing has come for so long is none any more (ours: clients of Finesse have a
# request answered after 60 s at the latest, and ping every 20 s).
STREAM_SILENT_S = 75.0
# CLIENT-14: who has an event stream, and is present, is told of finesse's presence within this time (ours: it comes
# right after one's own).
PRESENT_S = 15.0
# CLIENT-15: so long after the failed server is in service again the desktop is watched (ours: six looks).
STAYS_S = 60.0

# DESKTOP-03: from Unavailable presence to the forced logout, and how far from it both edges are looked at (ours).
LOGOUT_S = 60.0
LOGOUT_EDGE_S = 5.0
FORCED_LOGOUT = Bound(59.0, 65.0, "DESKTOP-03: 60 s; up to 5 s more for the ways there and back (ours)")

# DESKTOP-02: a browser that crashed is noticed.
CRASH_NOTICED = Bound(0.0, 122.0, "DESKTOP-02: 120 s; 2 s for the way to who looks on (ours)")

# DESKTOP-04: both together at most, which is documented; earlier than the wait alone can be no logout.
CRASH_LOGOUT = Bound(59.0, 182.0, "DESKTOP-04: 180 s; 2 s for the ways there and back (ours)")

# DESKTOP-11: a page that is refreshed is back within this time (ours).
REFRESHED_S = 20.0

# DESKTOP-01, 18 to 21: what the CTI server makes of a forced logout is told within this time (ours: it is one event).
CONSEQUENCE_S = 5.0

# DESKTOP-21: "immediately" (ours: much less than a call lasts).
AT_ONCE_S = 2.0

# DESKTOP-09: after IN_SERVICE the lost connection is shown within this time (ours: as what a gap left to tell).
RECONNECTED_S = RESYNC_S

# DESKTOP-15: how long before the end of a refresh token each warning appears, by the minutes that it names.
TOKEN_WARNINGS = {
    minutes: Bound(60.0 * minutes - 1.0, 60.0 * minutes + 1.0, f"DESKTOP-15: {minutes} min before; ± 1 s (ours)")
    for minutes in (10, 5)
}

# A dialog that is gone sooner, though nobody has closed it, was not to be read (ours).
DIALOG_S = 5.0

# A dialog that names another time than is left, by more than this, is wrong, whenever it appears (ours).
WARNING_OFF_S = 30.0

# DESKTOP-16: the countdown begins a minute before the end.
COUNTDOWN = Bound(59.0, 61.0, "DESKTOP-16: the last minute; ± 1 s (ours)")

# One number of a countdown stands so long at most: one that was left out would read 2 s (ours). How far it may be off
# (ours: browsers round up or down, and learn of the end in whole seconds). How much is left when it has ended (ours).
COUNTDOWN_STEP_S = 1.6
COUNTDOWN_OFF_S = 1.5
# Between one number and the next nothing at all may be shown for so long (ours: a page may draw anew).
COUNTDOWN_GONE_S = 0.3
COUNTDOWN_END_S = 2

# DESKTOP-17: from the end of the refresh token to the forced logout.
TOKEN_ZERO = Bound(-1.0, 2.0, "DESKTOP-17: at zero; from 1 s before to 2 s after (ours)")

# DESKTOP-17: so long after the logout what was under way may still come; so long after it a desktop must have been
# watched (ours).
SIGNED_OUT_S = 2.0
ZERO_WATCHED_S = 8.0

# DESKTOP-14: from the desktop's request to the one to the CTI server (ours: it is forwarded at once).
FORWARDED = Bound(0.0, 2.0, "DESKTOP-14: Finesse forwards it; within 2 s (ours)")

# DESKTOP-22: how much less, or more, than a full life a refresh token may last (ours: answers take their time, and tell
# whole seconds).
TOKEN_LIFE_SHORT_S = 2.0
TOKEN_LIFE_LONG_S = 10.0

# IPPA-03: from the loss to the message, three tries 5 s apart (± half an interval is ours: two tries would read 10 s,
# four 20 s). A fail-over that is shorter than its lower edge is not shown, one that is longer than its upper edge is.
PHONE_GIVES_UP = Bound(12.5, 17.5, "IPPA-03: 15 s; ± half an interval of 5 s (ours)")

# The same where the node's own log has shown three tries 5 s apart: the first may come sooner then (ours: a beat of 5 s
# that does not begin with the loss), but a fail-over of 12 s is not seen.
PHONE_GIVES_UP_IN_PHASE = Bound(12.0, 17.5, "IPPA-03: 15 s; three tries 5 s apart, in any phase (ours)")
# Two tries in vain are over by then, and a third that began a beat of 5 s is at the earliest.
PHONE_THIRD_TRY_MIN_S = 10.5
PHONE_TRIES = 3
# Between two tries, by the node's own log (ours: half a second for the answer, and a quarter less).
PHONE_TRY_EVERY = Bound(4.75, 5.5, "IPPA-03: every 5 s")
# A table of connections that was looked at so late still has what was closed before (ours: less than Linux's minute).
DOOR_LOOK_S = 50.0

# IPPA-02: from the return of the server to another screen (ours: two tries and the way there and back; a harness's own
# look at the node may be 5 s old).
PHONE_RETURN = Bound(0.0, 12.5, "IPPA-02: at the next try, 5 s; up to 7.5 s more for our look at the node (ours)")

# IPPA-03: a server that is back is seen by the next try, whenever the harness saw it (ours: half an interval more).
PHONE_SEES_S = 7.5

# So long the screen of an unavailable server is watched (ours: six tries).
PHONE_STAYS_S = 30.0

# And from the message on so long, the first time, before the server is mended (ours: 36 tries).
PHONE_OUTAGE_S = 180.0

# From a call's data to the phone that shows them, and from its end to one that does not (ours).
PHONE_CALL_S = 3.0

# IPPA-12: CTI fail-overs on both sides of the edge.
PHONE_FAST_S = 12.0
PHONE_SLOW_S = 20.0
