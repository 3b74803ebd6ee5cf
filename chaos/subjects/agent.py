"""An agent at work: signs in at one node, asks it for things, receives its events."""

import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from chaos.clients.documents import queues_listed, reasons_listed
from chaos.clients.events import EventStream
from chaos.clients.rest import Answer, FinesseRest
from chaos.inventory import Agent, FinesseNode, Transport
from chaos.journal import WORK, Journal, TeamFollowed
from chaos.wire import finesse
from chaos.wire.finesse import Action, CallVariable, DialogRequest, UserRequest, UserState

# No call and no reason code ever has this id: what is asked for it must be answered, and changes nothing.
NO_CALL = "0"
NO_REASON = "0"
NO_TEAM = "0"
# Under this name a call gets other data if what is asked for in vain is done all the same.
IN_VAIN = "callVariable10"
REASONED = frozenset({UserState.NOT_READY, UserState.LOGOUT})
"""States that are asked for with a reason."""
_REST = (
    "Queues",
    "PhoneBooks",
    "WrapUpReasons",
    "MediaPropertiesLayouts",
    "LayoutConfig",
    "Workflows",
    "SignOutReasonCodes",
)


# What the API has besides, of the agent's own and of its team's, and what it is asked for by its headers alone.
_MORE = ("Media", "MediaPropertiesLayout", "WrapUpReason/0", "ReasonCode/0")
_OF_TEAM = ("ReasonCodes", "WrapUpReasons", "MediaPropertiesLayouts", "PhoneBooks", "WorkFlows")
# What a desktop sends of its own log (developer guide, ClientLog).
_LOG = b"<ClientLog><logData>finesse-chaos</logData></ClientLog>"
_ALONE = ("TeamMessages", "ECCVariableConfig", "MediaDomain", "Queue/0")


class WorkingAgent:
    """One person's REST client and event stream at one node. Requests never raise for what the node does.

    user: under which name it asks, if that is not the id.
    must_say_why: the node has refused a change of state for want of a reason (developer guide, User—Change Agent State
    With Reason Code: mandatory where some are configured for that state).
    """

    def __init__(
        self,
        agent: Agent,
        node: FinesseNode,
        password: str,
        domain: str,
        journal_of: Callable[[], Journal | None],
        *,
        tls: ssl.SSLContext,
        timeout_s: float,
        transport: Transport = "tcp",
        user: str = "",
    ) -> None:
        self.agent = agent
        self.node = node
        self.password = password
        self.rest = FinesseRest(
            node,
            journal_of,
            tls=tls,
            timeout_s=timeout_s,
            agent=agent.id,
            user=user or agent.id,
            password=password,
        )
        self.events = EventStream(
            node, agent, password, domain, journal_of, tls=tls, timeout_s=timeout_s, transport=transport
        )
        self._requests = 0
        self._reason: int | None = None
        self._team: str | None = None
        self._leads: set[str] = set()
        self.leads_team = False
        """Is he a supervisor of his own team? Known once he follows it."""
        self.must_say_why = False
        self._journal_of = journal_of

    @property
    def id(self) -> str:
        return self.agent.id

    async def close(self) -> None:
        await self.events.close()
        await self.rest.close()

    async def user(self) -> Answer:
        return await self.rest.get("User/{id}", f"User/{self.id}")

    async def dialogs(self) -> Answer:
        return await self.rest.get("User/{id}/Dialogs", f"User/{self.id}/Dialogs")

    async def dialog(self, call_id: str) -> Answer:
        return await self.rest.get("Dialog/{id}", f"Dialog/{call_id}")

    async def team(self) -> Answer:
        """Everybody in one's own team, with their states."""
        return await self.rest.get("Team/{id}", f"Team/{self._team or NO_TEAM}")

    async def user_of(self, other: "WorkingAgent") -> Answer:
        """Somebody of his team, as it is shown to its supervisor."""
        return await self.rest.get("User/{id}", f"User/{other.id}")

    async def system_info(self) -> Answer:
        """SystemInfo, which needs no credentials and is asked for with them: who asks must not make a difference."""
        return await self.rest.get("SystemInfo", "SystemInfo")

    # What an agent does at the desktop. The answer only says that it was sent on, an event says what came of it.

    async def set_state(self, state: UserState, reason_id: int | None = None) -> Answer:
        """PUT User. A node that is known to demand a reason is told one, and one that says so now is asked again."""
        if reason_id is not None or state not in REASONED or not self.must_say_why:
            answer = await self._put_user(UserRequest(state, reason_code_id=reason_id))
            if reason_id is not None or not _demands_reason(answer):
                return answer
            self.must_say_why = True
        # Which one it is does not matter to whoever asks so: what becomes of it is nobody's promise (a node that has
        # lost its CTI session owes its agents another reason, DESKTOP-09).
        return await self._put_reasoned(state, counts=False)

    async def go_away(self, state: UserState = UserState.NOT_READY, *, last: bool = False) -> Answer:
        """PUT User: Not Ready or signed out, for the first or the last reason that the node offers, if it offers any.

        Two reasons tell a node that passes each on from one that always passes on the same.
        """
        return await self._put_reasoned(state, last=last)

    async def _put_reasoned(self, state: UserState, *, last: bool = False, counts: bool = True) -> Answer:
        offered = reasons_listed((await self._reasons(state)).document)
        if not offered:
            return await self._put_user(UserRequest(state))
        number, code = offered[-1 if last else 0]
        self._reason = number if state is UserState.NOT_READY else self._reason
        return await self._put_user(UserRequest(state, reason_code_id=number), reason=code if counts else None)

    async def _reasons(self, state: UserState) -> Answer:
        return await self.rest.get("User/{id}/ReasonCodes", f"User/{self.id}/ReasonCodes?category={state}")

    async def follow_team(self) -> None:
        """Hear of everybody in one's own team from now on, as far as the node says which that is."""
        document = (await self.user()).document
        journal = self._journal_of()
        if journal is None or not isinstance(document, finesse.User) or not document.team_id:
            return
        self._team, leads = document.team_id, document.team_id in {team.id for team in document.teams or ()}
        self.leads_team = leads
        if await self.events.follow_team(document.team_id):
            journal.observe(TeamFollowed(node=self.node.host, agent=self.id, team=document.team_id, leads=leads))

    async def follow_queues(self) -> None:
        """Hear of the statistics of one's own queues from now on, if the node says which those are."""
        answer = await self.rest.get("User/{id}/Queues", f"User/{self.id}/Queues")
        for queue in queues_listed(answer.document):
            await self.events.follow_queue(queue)

    async def find_out_whom_it_leads(self, others: Iterable["WorkingAgent"]) -> None:
        """Of whom this node shows it everything: of nobody, if it is no supervisor. Who is of the team that the node
        says it leads is led, though what is asked for him be turned away."""
        for other in others:
            if other is self:
                continue
            answers = await self._looked_at(other)
            if _is_let(answers) or (self.leads_team and _team_shown(answers[0]) == self._team):
                self._leads.add(other.id)

    async def look_after(self, others: Iterable["WorkingAgent"]) -> None:
        """Everything that is asked of those whom it leads. Nobody can be put into Talking."""
        for other in others:
            if other.id in self._leads:
                await self._looked_at(other)

    def leads(self, other: "WorkingAgent") -> bool:
        """Whether that is known (`find_out_whom_it_leads`)."""
        return other.id in self._leads

    async def set_state_of(self, other: "WorkingAgent", state: UserState) -> Answer:
        """PUT User of somebody whom it leads: no reason is asked of supervisors."""
        body = finesse.write_user_request(UserRequest(state))
        return await self.rest.send("PUT", "User/{id}", f"User/{other.id}", body, request_id=self._next_id())

    async def _looked_at(self, other: "WorkingAgent") -> tuple[Answer, ...]:
        body = finesse.write_user_request(UserRequest(UserState.TALKING))
        return (
            await self.rest.get("User/{id}", f"User/{other.id}"),
            await self.rest.get("User/{id}/Dialogs", f"User/{other.id}/Dialogs"),
            await self.rest.send("PUT", "User/{id}", f"User/{other.id}", body, request_id=self._next_id()),
        )

    async def sign_in(self) -> Answer:
        return await self._put_user(UserRequest(UserState.LOGIN, extension=self.agent.extension))

    async def ask(self, request: str) -> Answer:
        """One of HARMLESS, by its name in observations: "PUT Dialog/{id}"."""
        return await HARMLESS[request](self)

    async def ask_wrongly(self) -> Answer:
        """GET User with a wrong password, which Finesse cannot have cached: whatever it does, an AWDB has to say so.

        Five in a row lock the account for minutes; any request with the right one in between ends the row.
        """
        return await self.rest.get("User/{id}", f"User/{self.id}", wrong_password=True)

    async def make_call(self, number: str, data: Mapping[str, str] = MappingProxyType({})) -> Answer:
        """POST Dialogs. data: call data by name."""
        call = DialogRequest(
            Action.MAKE_CALL,
            from_address=self.agent.extension,
            to_address=number,
            call_variables=tuple(CallVariable(name, value) for name, value in data.items()),
        )
        mark, wanted = f"{WORK}{self._next_id()}", {"action": str(Action.MAKE_CALL), "number": number, **data}
        return await self._act("POST", "User/{id}/Dialogs", f"User/{self.id}/Dialogs", call, mark, wanted)

    async def act(
        self, action: Action, call_id: str, *, number: str | None = None, data: Mapping[str, str] | None = None
    ) -> Answer:
        """PUT Dialog. number: whom to consult. data: call data by name, the wrap-up reason among them."""
        given = dict(data or {})
        wrap_up = given.pop("wrapUpReason", None)
        request = DialogRequest(
            action,
            target_media_address=self.agent.extension,
            to_address=number,
            call_variables=tuple(CallVariable(name, value) for name, value in given.items()),
            wrap_up_reason=wrap_up,
        )
        wanted = {"action": str(action), **({"number": number} if number else {}), **(data or {})}
        return await self._act("PUT", "Dialog/{id}", f"Dialog/{call_id}", request, f"{WORK}{self._next_id()}", wanted)

    async def send_tones(self, call_id: str, tones: str) -> Answer:
        """PUT Dialog: SEND_DTMF. tones: digits, `*` and `#`."""
        request = DialogRequest(
            Action.SEND_DTMF,
            target_media_address=self.agent.extension,
            action_params=(CallVariable("dtmfString", tones),),
        )
        wanted = {"action": str(Action.SEND_DTMF)}
        return await self._act("PUT", "Dialog/{id}", f"Dialog/{call_id}", request, f"{WORK}{self._next_id()}", wanted)

    async def call_oneself(self) -> Answer:
        """POST a call from the agent's device to itself, which is turned down."""
        device = self.agent.extension
        call = DialogRequest(Action.MAKE_CALL, from_address=device, to_address=device)
        return await self._act("POST", "User/{id}/Dialogs", f"User/{self.id}/Dialogs", call, self._next_id())

    async def drop_no_call(self) -> Answer:
        """PUT Dialog for a call that does not exist."""
        drop = DialogRequest(Action.DROP, target_media_address=self.agent.extension)
        return await self._act("PUT", "Dialog/{id}", f"Dialog/{NO_CALL}", drop, self._next_id())

    async def ask_for_everything(self) -> None:
        """Every kind of request once, none of which changes anything: nobody can be put into Talking, the calls that
        are asked for do not exist, and the one that is to be made leads from a device to itself."""
        await self.user()
        await self.ask_state(UserState.TALKING)
        await self.dialogs()
        await self.call_oneself()
        await self.rest.get("Dialog/{id}", f"Dialog/{NO_CALL}")
        await self.drop_no_call()
        await self.rest.get("User/{id}/ReasonCodes", f"User/{self.id}/ReasonCodes?category=NOT_READY")
        await self.rest.get("ReasonCode/{id}", f"ReasonCode/{NO_REASON}")

    async def ask_for_the_rest(self) -> None:
        """What a desktop reads besides, whatever this release knows of it."""
        for resource in _REST:
            await self.rest.get(f"User/{{id}}/{resource}", f"User/{self.id}/{resource}")
        await self.team()
        await self.rest.get("MediaDomains", "MediaDomains")

    async def ask_for_more(self) -> None:
        """What else the API has for an agent to read, and the headers of what there is."""
        team = self._team or NO_TEAM
        for path in (
            *(f"User/{self.id}/{one}" for one in _MORE),
            *(f"TeamResource/{team}/{one}" for one in _OF_TEAM),
            f"Team/{team}/TeamMessages",
            *_ALONE,
        ):
            await self.rest.get(_without_ids(path), path)
        for path in (f"User/{self.id}", f"User/{self.id}/Dialogs", f"Dialog/{NO_CALL}", f"User/{self.id}/ReasonCodes"):
            await self.rest.head(_without_ids(path), path)
        await self._ask_oddly()

    async def _ask_oddly(self) -> None:
        """Paths that a node may take for the usual ones, a desktop's log, and bodies that are no documents."""
        own = f"User/{self.id}"
        await self.rest.get("User/{id}/", f"{own}/")
        await self.rest.get("User/{id}//Dialogs", f"{own}//Dialogs")
        await self.rest.send("POST", "User/{id}/ClientLog", f"{own}/ClientLog", _LOG, request_id=self._next_id())
        await self.rest.send("PUT", "User/{id}", own, b"<User>", request_id=self._next_id())
        await self.rest.send("POST", "User/{id}/Dialogs", f"{own}/Dialogs", b"<Dialog>", request_id=self._next_id())

    async def ask_about(self, call_ids: Iterable[str]) -> None:
        """What a desktop asks about calls that it shows: them, other data, and their end."""
        for call_id in call_ids:
            await self.dialog(call_id)
            await self.act(Action.UPDATE_CALL_DATA, call_id, data={IN_VAIN: f"asked by {self.id}"})
            await self.act(Action.DROP, call_id)

    async def _put_user(self, request: UserRequest, *, reason: int | None = None) -> Answer:
        body = finesse.write_user_request(request)
        mark = f"{WORK}{self._next_id()}"
        wanted = {"state": str(request.state), **({} if reason is None else {"reason": str(reason)})}
        return await self.rest.send("PUT", "User/{id}", f"User/{self.id}", body, request_id=mark, wanted=wanted)

    async def ask_state(self, state: UserState) -> Answer:
        """PUT User with a state that the agent is in, or that nobody can be put into.

        At a node that demands a reason it succeeds for whoever knows one (`learn_reasons`), and is refused otherwise,
        which takes good credentials, too. Nothing else is asked for then: what succeeds would cache credentials.
        """
        reason = self._reason if state in REASONED and self.must_say_why else None
        answer = await self._put_state(state, reason)
        if reason is None and _demands_reason(answer):
            self.must_say_why = True
            if self._reason is not None:
                return await self._put_state(state, self._reason)
        return answer

    async def stay_in(self, state: UserState) -> Answer:
        """PUT User with the state that the agent is in, and with a reason that the node offers where it demands one."""
        answer = await self.ask_state(state)
        if not _demands_reason(answer):
            return answer
        await self.learn_reasons()
        return await self.ask_state(state)

    async def learn_reasons(self) -> Answer:
        """GET the reasons for Not Ready, and remember one for `ask_state`."""
        answer = await self._reasons(UserState.NOT_READY)
        offered = reasons_listed(answer.document)
        self._reason = offered[0][0] if offered else None
        return answer

    async def _put_state(self, state: UserState, reason_id: int | None) -> Answer:
        body = finesse.write_user_request(UserRequest(state, reason_code_id=reason_id))
        return await self.rest.send("PUT", "User/{id}", f"User/{self.id}", body, request_id=self._next_id())

    async def _act(
        self,
        method: str,
        resource: str,
        path: str,
        request: DialogRequest,
        mark: str,
        wanted: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        body = finesse.write_dialog_request(request)
        return await self.rest.send(method, resource, path, body, request_id=mark, wanted=wanted)

    def _next_id(self) -> str:
        self._requests += 1
        return f"{self.id}-{self._requests}"


def _without_ids(path: str) -> str:
    """The resource: every second part of a path is an id."""
    return "/".join("{id}" if n % 2 else part for n, part in enumerate(path.split("/")))


def _is_let(answers: Sequence[Answer]) -> bool:
    """Whether who asks so of somebody is not turned away: he is shown him, and a state that nobody can be put into is
    turned down for that. A node that fails (5xx) has turned nobody away."""
    *looks, asked = (answer.status or 500 for answer in answers)
    return all(status == 200 or status >= 500 for status in looks) and (asked in (200, 202, 400) or asked >= 500)


def _team_shown(answer: Answer) -> str | None:
    """The team of whom that answer shows."""
    return answer.document.team_id if isinstance(answer.document, finesse.User) else None


def _demands_reason(answer: Answer) -> bool:
    errors = answer.document.errors if isinstance(answer.document, finesse.ApiErrors) else ()
    return answer.status == 400 and any(
        (error.error_type, (error.error_data or "").lower()) == ("Parameter Missing", "reasoncodeid")
        for error in errors
    )


HARMLESS: Mapping[str, Callable[[WorkingAgent], Awaitable[Answer]]] = MappingProxyType(
    {
        "GET User/{id}": WorkingAgent.user,
        "GET User/{id}/Dialogs": WorkingAgent.dialogs,
        "GET User/{id}/ReasonCodes": lambda one: one.rest.get(
            "User/{id}/ReasonCodes", f"User/{one.id}/ReasonCodes?category=NOT_READY"
        ),
        "GET Dialog/{id}": lambda one: one.rest.get("Dialog/{id}", f"Dialog/{NO_CALL}"),
        "GET ReasonCode/{id}": lambda one: one.rest.get("ReasonCode/{id}", f"ReasonCode/{NO_CALL}"),
        "PUT User/{id}": lambda one: one.ask_state(UserState.NOT_READY),
        "PUT Dialog/{id}": WorkingAgent.drop_no_call,
        "POST User/{id}/Dialogs": WorkingAgent.call_oneself,
    }
)
"""Every kind of request that an agent may send, none of which changes anything for somebody who is not ready: the calls
and codes that are asked for do not exist, and the call that is to be made leads from a device to itself. Of somebody
who is not signed in only the first three succeed; the others are answered according to what they ask for (400, 404),
which takes good credentials all the same."""
