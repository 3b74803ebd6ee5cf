"""The DESKTOP clauses: presence, forced logout, what the CTI server makes of it, and refresh tokens."""

from chaos.verdicts.desktop.leaving import (
    a_closed_browser_ends_in_code_255,
    a_crash_ends_in_a_logout,
    a_crash_is_noticed,
    a_logout_waits_a_minute,
    a_slow_goodbye_is_like_a_crash,
    nobody_who_is_there_is_logged_out,
)
from chaos.verdicts.desktop.load import (
    load_0_is_not_ready,
    load_0_says_connection_failure,
    load_0_waits_for_the_call,
    load_1_logs_out,
    load_1_logs_out_on_a_call,
)
from chaos.verdicts.desktop.races import (
    a_logout_after_the_call,
    a_logout_at_the_first_node,
    a_logout_of_nobody_does_no_harm,
    a_logout_of_nobody_hurts_nobody_else,
    a_sign_in_before_the_crash_is_noticed,
)
from chaos.verdicts.desktop.reconnected import not_ready_says_why, ready_says_why_next
from chaos.verdicts.desktop.returning import who_is_back_in_time_stays
from chaos.verdicts.desktop.tokens import (
    cleared_cookies_make_a_full_life,
    counts_the_last_minute_down,
    forwards_the_forced_logout,
    logs_out_at_zero,
    warns_ten_and_five_minutes_before,
)

__all__ = [
    "a_closed_browser_ends_in_code_255",
    "a_crash_ends_in_a_logout",
    "a_crash_is_noticed",
    "a_logout_after_the_call",
    "a_logout_at_the_first_node",
    "a_logout_of_nobody_does_no_harm",
    "a_logout_of_nobody_hurts_nobody_else",
    "a_logout_waits_a_minute",
    "a_sign_in_before_the_crash_is_noticed",
    "a_slow_goodbye_is_like_a_crash",
    "cleared_cookies_make_a_full_life",
    "counts_the_last_minute_down",
    "forwards_the_forced_logout",
    "load_0_is_not_ready",
    "load_0_says_connection_failure",
    "load_0_waits_for_the_call",
    "load_1_logs_out",
    "load_1_logs_out_on_a_call",
    "logs_out_at_zero",
    "nobody_who_is_there_is_logged_out",
    "not_ready_says_why",
    "ready_says_why_next",
    "warns_ten_and_five_minutes_before",
    "who_is_back_in_time_stays",
]
