"""Teams with their people, their queues and the messages to them.

Source: Finesse developer guide, Team, Queue, TeamMessage.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from aiohttp import web

from chaos.clock import wall_now
from chaos.mock.finesse.answers import parsed, tree
from chaos.mock.finesse.callers import Caller, Callers
from chaos.mock.finesse.failures import ApiFailure, invalid, missing, no_team, no_user
from chaos.mock.finesse.resources import shown
from chaos.mock.finesse.resources.desk import rooted
from chaos.mock.finesse.resources.route import Asked, Route, Who
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.finesse import UserState
from chaos.wire.xml import local_name

MESSAGES_MAX = 15
CONTENT_CHARS = 255
DURATION_S_MAX = 24 * 3600


@dataclass(frozen=True, slots=True)
class Message:
    """A message to teams. until_s: the loop's time at which it ends."""

    document: Element
    by: str
    teams: frozenset[str]
    until_s: float


class Teams:
    """These resources of one node, for one life of its Tomcat."""

    def __init__(self, webapp: Webapp, callers: Callers) -> None:
        self._webapp, self._callers = webapp, callers
        self._messages: dict[int, Message] = {}
        self._next_message = 1

    def routes(self) -> Iterator[Route]:
        """All of them."""
        yield Route("GET", "Teams", Who.ADMINISTRATOR, self._teams)
        yield Route("GET", "Team/{team}", Who.USER, self._team)
        yield Route("GET", "Queue/{queue}", Who.USER, self._queue)
        yield Route("GET", "User/{id}/Queues", Who.USER, self._queues)
        yield Route("GET", "Team/{team}/TeamMessages", Who.TEAM, self._of_team)
        yield Route("GET", "TeamMessages", Who.SUPERVISOR, self._own_messages)
        yield Route("POST", "TeamMessage", Who.SUPERVISOR, self._tell)
        yield Route("GET", "TeamMessage/{number}", Who.SUPERVISOR, self._message)
        yield Route("DELETE", "TeamMessage/{number}", Who.SUPERVISOR, self._take_back)

    # Teams and queues

    async def _teams(self, asked: Asked) -> web.StreamResponse:
        return tree(shown.listed("Teams", (shown.team(*one) for one in sorted(self._webapp.teams().items()))))

    async def _team(self, asked: Asked) -> web.StreamResponse:
        """Whoever is signed out is left out where that is asked for."""
        team = asked.params["team"]
        name = self._named(team)
        wanted = asked.request.query.get("includeLoggedOutAgents", "true").lower()
        if wanted not in ("true", "false"):
            raise invalid("includeLoggedOutAgents")
        everybody = self._webapp.team(team)
        users = [user for user in everybody if wanted == "true" or user.state is not UserState.LOGOUT]
        return tree(shown.team(team, name, users))

    async def _queue(self, asked: Asked) -> web.StreamResponse:
        number = asked.params["queue"]
        for team, name in self._webapp.teams().items():
            if shown.queue_id(team) == number:
                return tree(shown.queue(team, name, self._webapp.users_of(team)))
        raise ApiFailure(404, "Not Found", "UNKNOWN_QUEUE", number)

    async def _queues(self, asked: Asked) -> web.StreamResponse:
        """Anybody may see whose queues they are."""
        record = self._webapp.record(asked.params["id"])
        if record is None:
            raise no_user(asked.params["id"])
        teams = {record.team_id: record.team_name} | {
            team: name for team, name in self._webapp.teams().items() if team in record.supervises
        }
        return tree(
            shown.listed("Queues", (shown.queue(team, teams[team], self._webapp.users_of(team)) for team in teams))
        )

    def _named(self, team: str) -> str:
        try:
            return self._webapp.teams()[team]
        except KeyError:
            raise no_team(team) from None

    # Messages

    def _alive(self) -> dict[int, Message]:
        now_s = asyncio.get_running_loop().time()
        self._messages = {number: one for number, one in self._messages.items() if one.until_s > now_s}
        return self._messages

    async def _of_team(self, asked: Asked) -> web.StreamResponse:
        found = (one.document for one in self._alive().values() if asked.params["team"] in one.teams)
        return tree(shown.listed("TeamMessages", found))

    async def _own_messages(self, asked: Asked) -> web.StreamResponse:
        found = (one.document for one in self._alive().values() if self._may_change(asked.by, one))
        return tree(shown.listed("TeamMessages", found))

    async def _message(self, asked: Asked) -> web.StreamResponse:
        return tree(self._found(asked).document)

    async def _take_back(self, asked: Asked) -> web.StreamResponse:
        if not self._may_change(asked.by, self._found(asked)):
            raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", asked.by.user)
        del self._messages[int(asked.params["number"])]
        return web.Response()

    async def _tell(self, asked: Asked) -> web.StreamResponse:
        root = await parsed(asked.request, lambda data: rooted(data, "TeamMessage"))
        given = {local_name(child).lower(): child for child in root}
        content = (given["content"].text or "").strip() if "content" in given else ""
        duration = (given["duration"].text or "").strip() if "duration" in given else ""
        teams = [(child.text or "").strip() for child in given.get("teams", ()) if local_name(child) == "team"]
        if not content:
            raise missing("content")
        if not duration:
            raise missing("duration")
        if not teams:
            raise missing("teams")
        if len(content) > CONTENT_CHARS:
            raise invalid("content")
        if not (
            duration.isascii() and duration.isdigit() and len(duration) < 7 and 0 < int(duration) <= DURATION_S_MAX
        ):
            raise invalid("duration")
        for team in teams:
            self._named(team)
            if not asked.by.administrator and team not in self._callers.supervised_by(asked.by):
                raise ApiFailure(401, "Authorization Failure", "UNAUTHORIZED", asked.by.user)
        alive = self._alive()
        if sum(one.by == asked.by.user for one in alive.values()) >= MESSAGES_MAX:
            raise ApiFailure(
                400,
                "System Resource Limit Exceeded",
                "MAX_ACTIVE_MESSAGE_LIMIT_EXCEEDED",
                "teammessage.max.limit.exceeded",
            )
        number, self._next_message = self._next_message, self._next_message + 1
        record = self._webapp.record(asked.by.user)
        by = (record.login_id, record.first_name, record.last_name) if record else (asked.by.user, "", "")
        document = shown.team_message(
            number, by=by, made=wall_now(), duration_s=int(duration), content=content, teams=teams
        )
        until_s = asyncio.get_running_loop().time() + int(duration)
        alive[number] = Message(document, asked.by.user, frozenset(teams), until_s)
        return tree(document)

    def _found(self, asked: Asked) -> Message:
        number = asked.params["number"]
        alive = self._alive()
        if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) not in alive:
            raise ApiFailure(404, "Not Found", "There is no such TeamMessage", number)
        return alive[int(number)]

    @staticmethod
    def _may_change(caller: Caller, message: Message) -> bool:
        return caller.administrator or message.by == caller.user
