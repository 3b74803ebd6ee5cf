"""What those ask who look after a node: counts, maintenance mode, counters of its processes, ways to sign in.

What a person would see of a real node's heap, threads and load has no counterpart here: those counters are 0, and said
to be so in the documentation of the mock. Source: Finesse developer guide, Serviceability APIs, Single Sign-On.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from aiohttp import web

from chaos.clock import wall_now
from chaos.mock.finesse.answers import parsed, tree
from chaos.mock.finesse.failures import ApiFailure, internal_error, invalid, missing, no_user
from chaos.mock.finesse.resources import shown
from chaos.mock.finesse.resources.desk import rooted
from chaos.mock.finesse.resources.route import Asked, Route, Who
from chaos.mock.finesse.webapp import Webapp
from chaos.wire.finesse import SystemStatus, UserState
from chaos.wire.xml import local_name

AWS = "com.cisco.ccbu:category=AWSSubsystem,component0=AWS Subsystem State Counter"
RUNTIME = "com.cisco.ccbu:category=RuntimeConfigMBean,component0=RuntimeConfig"
MEMORY, THREADING = "java.lang:type=Memory", "java.lang:type=Threading"
FNS = "openfire//"
PUBSUB = "com.cisco.ccbu.finesse.openfire:type=PubSubOrderedExecutorStatistics"
HEAP = {"init": 0, "committed": 0, "max": 0, "used": 0}
PORTAL = "http://www.cisco.com/vtg/diagnosticportal"


class Serviceability:
    """These resources of one node. version: its release, as "12.6(2)"."""

    def __init__(self, webapp: Webapp, *, version: str) -> None:
        self._webapp, self._version = webapp, version
        self._maintenance = ""

    def routes(self) -> Iterator[Route]:
        """All of them, but the diagnostic portal, which has another root."""
        yield Route("GET", "UserAuthMode/{user}", Who.ANYBODY, self._auth_mode)
        yield Route("GET", "ConfigInfo", Who.ADMINISTRATOR, self._config_info)
        yield Route("GET", "RuntimeConfigInfo", Who.ADMINISTRATOR, self._runtime)
        yield Route("GET", "ConnectedUsersInfo", Who.ADMINISTRATOR, self._connected)
        yield Route("GET", "MaintenanceMode", Who.ADMINISTRATOR, self._show_maintenance)
        yield Route("PUT", "MaintenanceMode", Who.ADMINISTRATOR, self._set_maintenance)
        yield Route("POST", "performance", Who.ADMINISTRATOR, self._performance)

    def portal_routes(self) -> Iterator[Route]:
        """The diagnostic portal's, below its own root."""
        yield Route("GET", "GetPerformanceInformation", Who.ADMINISTRATOR, self._portal_performance)
        yield Route("GET", "GetProductVersion", Who.ADMINISTRATOR, self._portal_version)

    # Signing in

    async def _auth_mode(self, asked: Asked) -> web.StreamResponse:
        if not self._webapp.options.user_auth_mode:
            raise ApiFailure(403, "Forbidden", "UserAuthModeService is disabled", asked.params["user"])
        record = self._webapp.record(asked.params["user"])
        if record is None:
            raise no_user(asked.params["user"])
        return tree(shown.filled("UserAuthMode", ("authMode", "SSO" if record.signs_on else "NON_SSO")))

    # Counts

    async def _config_info(self, asked: Asked) -> web.StreamResponse:
        users = self._webapp.users()
        return tree(
            shown.filled(
                "ConfigInfo",
                ("uri", f"{shown.API}/ConfigInfo"),
                ("finesseVersion", self._version),
                ("totalUsers", len(users)),
                ("totalSupervisors", sum("Supervisor" in (user.roles or ()) for user in users)),
                ("totalTeams", len(self._webapp.teams())),
                ("totalSkillGroups", len(self._webapp.teams())),
            )
        )

    async def _runtime(self, asked: Asked) -> web.StreamResponse:
        root = shown.filled("RuntimeConfigInfo", ("uri", f"{shown.API}/RuntimeConfigInfo"))
        for name, value in self._figures().items():
            SubElement(root, name).text = str(value)
        around = SubElement(root, "connectedUsersInfo")
        around.append(self._summary())
        return tree(root)

    def _figures(self) -> dict[str, int]:
        users = self._webapp.users()
        dialogs = {dialog.id for user in users for dialog in self._webapp.dialogs(user.login_id or "")}
        logged_in = sum(user.state not in (UserState.LOGOUT, UserState.UNKNOWN) for user in users)
        skill_groups = 1 if users else 0  # each agent has his team's queue, and no other
        return {
            "activeDialogCount": len(dialogs),
            "activeTaskCount": 0,
            "loggedInAgents": logged_in,
            "averageSkillGroupsPerAgent": skill_groups,
            "maxSkillGroupsPerAgent": skill_groups,
        }

    async def _connected(self, asked: Asked) -> web.StreamResponse:
        """Who is connected to this node, as numbers."""
        root = Element("ConnectedUsersInfo")
        root.append(self._summary())
        SubElement(root, "uri").text = f"{shown.API}/ConnectedUsersInfo"
        return tree(root)

    def _summary(self) -> Element:
        clients = self._webapp.clients()
        desktops = sum(client.endswith("/desktop") for client in clients)
        return shown.filled(
            "userSummary",
            ("desktopUsers", desktops),
            ("fippaUsers", 0),
            ("thirdPartyUsers", len(clients) - desktops),
            ("totalConnectedUsers", len(clients)),
            ("totalConnectedUsersViaProxy", 0),
        )

    # Maintenance mode: it can be started, and is over at once, since no desktop of the product's is there to be moved

    async def _show_maintenance(self, asked: Asked) -> web.StreamResponse:
        return tree(
            shown.filled(
                "MaintenanceMode",
                ("uri", f"{shown.API}/MaintenanceMode"),
                ("status", self._maintenance),
                ("usersLoggedIn", len(self._webapp.clients())),
                ("pendingUserDisconnections", 0),
                ("estimatedCompletionTime", 0),
            )
        )

    async def _set_maintenance(self, asked: Asked) -> web.StreamResponse:
        root = await parsed(asked.request, lambda data: rooted(data, "MaintenanceMode"))
        action = next((one.text or "" for one in root if local_name(one).lower() in ("action", "status")), "").strip()
        if not action:
            raise missing("action")
        if action not in ("INITIATE", "START", "IN_PROGRESS"):
            raise invalid("action")
        self._maintenance = "COMPLETED"
        return web.Response(status=202)

    # Counters

    def _beans(self) -> Mapping[str, Mapping[str, Callable[[], Any]]]:
        serving = self._webapp.status is SystemStatus.IN_SERVICE
        state = "STATE_IN_SERVICE" if serving else "STATE_OUT_OF_SERVICE"
        figures = self._figures()
        memory = {"HeapMemoryUsage": lambda: HEAP, "NonHeapMemoryUsage": lambda: HEAP}
        threads = {name: lambda: 0 for name in ("ThreadCount", "PeakThreadCount", "DaemonThreadCount")}
        return {
            AWS: {name: lambda: state for name in ("AWS System State", "AWS CTI Adapter State", "AWS Core State")},
            RUNTIME: {name: lambda value=value: value for name, value in figures.items()},  # type: ignore[misc]
            MEMORY: memory,
            THREADING: threads,
            "java.lang:type=OperatingSystem": {"SystemLoadAverage": lambda: 0.0},
            FNS + MEMORY: memory,
            FNS + THREADING: threads,
            FNS + PUBSUB: {"QueuedTaskCount": lambda: 0},
        }

    async def _performance(self, asked: Asked) -> web.StreamResponse:
        """JMX counters, in JSON. What must not be read is Forbidden."""
        wanted = await parsed_json(asked.request)
        beans = self._beans()
        if wanted.get("type") == "list":
            prefix = FNS if str(wanted.get("service", "")).lower() == "openfire" else ""
            value: Any = {
                name.removeprefix(prefix): sorted(attributes)
                for name, attributes in beans.items()
                if name.startswith(FNS) is bool(prefix)
            }
        elif wanted.get("type") == "read":
            bean = str(wanted.get("mbean", ""))
            if bean[: len(FNS)].lower() == FNS:
                bean = FNS + bean[len(FNS) :]
            found = beans.get(bean)
            if found is None:
                raise ApiFailure(403, "Forbidden", "This MBean is not to be read", bean[:200])
            attribute = wanted.get("attribute", "*")
            if attribute == "*":
                value = {name: made() for name, made in found.items()}
            elif attribute in found:
                value = found[attribute]()
            else:
                raise ApiFailure(403, "Forbidden", "This attribute is not to be read", str(attribute)[:200])
        else:
            raise invalid("type")
        answer = {"request": wanted, "value": value, "timestamp": int(wall_now().timestamp()), "status": 200}
        return web.json_response(answer)

    # Diagnostic portal: usable once the node has been in service, and out of service, too

    async def _portal_performance(self, asked: Asked) -> web.StreamResponse:
        if self._webapp.status is not SystemStatus.IN_SERVICE and not self._webapp.has_served:
            raise internal_error()
        figures = self._figures()
        values = {
            "Tomcat/Heap Memory Utilized": 0,
            "Tomcat/Non Heap Memory Utilized": 0,
            "CTI Statistics/Incoming Responses Queue": 0,
            "CTI Statistics/Outgoing Responses Queue": 0,
            "Tomcat/Average Request Process Time": 0,
            "Tomcat/Longest Request Process Time": 0,
            "Average System Load": 0,
            "Tomcat/Thread Count": 0,
            "Tomcat/Peak Thread Count": 0,
            "CTI Statistics/Events In Queue": 0,
            "CTI Statistics/Decoding Responses Queue": 0,
            "Active Totals/Logged In Agents": figures["loggedInAgents"],
            "Active Totals/Current Calls": figures["activeDialogCount"],
            "Running Totals/Calls Received or Initiated": 0,
            "Running Totals/Calls Failed": 0,
        }
        properties = (Element("dp:Property", {"Value": str(value), "Name": name}) for name, value in values.items())
        return _portal("GetPerformanceInformationReply", *properties)

    async def _portal_version(self, asked: Asked) -> web.StreamResponse:
        major, _, rest = self._version.partition(".")
        minor, _, maintenance = rest.rstrip(")").partition("(")
        attributes = {
            "Name": "Cisco Finesse",
            "Major": major,
            "Minor": minor,
            "Maintenance": maintenance,
            "VersionString": self._version,
        }
        return _portal("GetProductVersionReply", Element("dp:ProductVersion", attributes))


def _portal(name: str, *children: Element) -> web.StreamResponse:
    root = Element(f"dp:{name}", {"ReturnCode": "0", "xmlns:dp": PORTAL})
    root.append(Element("dp:Schema", {"Version": "1.0"}))
    root.extend(children)
    return tree(root)


async def parsed_json(request: web.Request) -> dict[str, Any]:
    """The JSON object that the request brings. Raises ApiFailure 400."""

    def read(data: bytes) -> dict[str, Any]:
        found = json.loads(data)
        if not isinstance(found, dict):
            raise ValueError
        return found

    try:
        return await parsed(request, read)
    except (ValueError, RecursionError):
        raise ApiFailure(400, "Bad Request", "The body is not the JSON object expected here") from None
