"""What a built-in mock is to be like."""

from typing import Annotated, Literal

from pydantic import Field

from chaos.inventory.fieldtypes import Flag, Seconds, Text, Whole
from chaos.inventory.section import Model

CtiVariant = Literal["both-accept", "active-standby"]
CtiStandby = Literal["refuses", "offline", "not-master", "invalid-client"]


class MockVariants(Model):
    """Where the documents leave a product free, how the mock behaves: whatever stands here, it breaks no clause.

    told_after_gap: whether clients are told the changes of a CTI gap only (12.6), or the latest state, changed or not
    (15.0). dial_pause_s: from OUT_OF_SERVICE to the first attempt at the other CTI side (left out: none). loading_s:
    from a CTI session to IN_SERVICE, of which guides quote up to 150 s. awdb_attempts: how many databases one request
    tries before it fails. insecure_xmpp: whether the notification service can be used in the clear, with passwords on
    5222 (left out: as the release has it, which is before 12.5). cors_origins: pages of these origins may use REST from
    a browser, as by `utils finesse cors` (`*`: of all). user_auth_mode: the property `enableUserAuthMode`.
    reasons_required: who asks REST for Not Ready or to sign out has to name a reason, where there are some (left out:
    with `mock up` he has to, in a run of the suites he need not, so that they see people who have none).
    phone_inactivity_s: an IP phone that asks for nothing for so long is signed out of the IP Phone Agent (left out:
    the time-out is disabled). phone_first_try_s: from OUT_OF_SERVICE to the IP Phone Agent's first poll of SystemInfo
    (left out: one interval, 5 s). answer_s: what each answer of REST takes, and tell_s: what each event takes to be
    sent, as on a busy node (left out: nothing). retry_pause_s: between two attempts to open a CTI session (left out:
    2 s). spelling: whether documents and answers are spelled as captures have them, or in another way that XML and HTTP
    leave open. delivered: how often each item of an event goes out. awdb_connection: whether a node keeps its
    connection to the AWDB, or makes one for each question. library_pauses_s: before each attempt of a desktop's XMPP
    library to bring its event stream back, the last one before all further ones, too (left out: 3 s). gadgets_s: how
    often a gadget in each desktop asks for SystemInfo and the agent's calls by itself (left out: never).
    """

    told_after_gap: Literal["changes", "everything"] = "changes"
    dial_pause_s: Annotated[Seconds, Field(le=9)] | None = None
    retry_pause_s: Annotated[Seconds, Field(ge=0.5, le=9)] | None = None
    loading_s: Annotated[Seconds, Field(le=150)] | None = None
    awdb_attempts: Annotated[Whole, Field(ge=1, le=2)] = 1
    insecure_xmpp: Flag | None = None
    cors_origins: tuple[Text, ...] = ()
    user_auth_mode: Flag = True
    reasons_required: Flag | None = None
    phone_inactivity_s: Annotated[Seconds, Field(ge=30)] | None = None
    phone_first_try_s: Annotated[Seconds, Field(ge=2, le=5)] | None = None
    answer_s: Annotated[Seconds, Field(le=0.4)] | None = None
    tell_s: Annotated[Seconds, Field(le=0.4)] | None = None
    spelling: Literal["captured", "other"] = "captured"
    delivered: Literal["once", "twice"] = "once"
    awdb_connection: Literal["kept", "each question"] = "kept"
    library_pauses_s: tuple[Annotated[Seconds, Field(ge=0.5, le=10)], ...] = ()
    gadgets_s: Annotated[Seconds, Field(ge=5, le=60)] | None = None


class MockOptions(Model):
    """What only the built-in deployment is asked. Only with `deployment: mock`.

    cti_variant: whether both CTI sides accept connections, or one is active. cti_standby: how the inactive one turns
    clients away, by refusing TCP or by a status; by a status only can clients of protocol 24 stand by there.
    cti_openings: whether the CTI servers take openings that public clients send against the guide. access_token_s: how
    long access tokens of single sign-on live. defects: switched on in every run, as `--mock-defect` would.
    """

    cti_variant: CtiVariant = "both-accept"
    cti_standby: CtiStandby = "refuses"
    cti_openings: Literal["tolerant", "by-the-book"] = "tolerant"
    access_token_s: Annotated[Seconds, Field(ge=10, le=7 * 86_400)] = 3600.0
    variants: MockVariants = Field(default_factory=MockVariants)
    defects: tuple[Text, ...] = ()
