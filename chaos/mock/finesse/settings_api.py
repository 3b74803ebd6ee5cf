"""What administrators ask: the settings of the pair.

Source: Finesse developer guide, SystemConfig, EnterpriseDatabaseConfig and ClusterConfig APIs.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from aiohttp import web

from chaos.mock.finesse.administration import Administration, InvalidSetting
from chaos.mock.finesse.answers import document, parsed
from chaos.mock.finesse.callers import Callers
from chaos.mock.finesse.failures import ApiFailure, invalid, missing
from chaos.mock.finesse.resources.route import Asked, Route, Who
from chaos.wire.finesse import (
    parse_cluster_config,
    parse_enterprise_database_config,
    parse_system_config,
    write_cluster_config,
    write_enterprise_database_config,
    write_system_config,
)

T = TypeVar("T")


class SettingsApi:
    """The configuration resources of one node."""

    def __init__(self, administration: Administration, callers: Callers) -> None:
        self._administration, self._callers = administration, callers
        callers.shows = self._text

    def routes(self) -> Iterator[Route]:
        """All of them. Changes admit who asks themselves: a broken product saves what it refuses."""
        for path, show, change in (
            ("SystemConfig", self._show_system_config, self._put_system_config),
            ("EnterpriseDatabaseConfig", self._show_database_config, self._put_database_config),
            ("ClusterConfig", self._show_cluster_config, self._put_cluster_config),
        ):
            yield Route("GET", path, Who.CONFIGURING, show)
            yield Route("PUT", path, Who.CONFIGURING, change, admits_itself=True)

    def _text(self, setting: str) -> str:
        """One of them, for whoever is refused it by a broken product."""
        if setting == "SystemConfig":
            return write_system_config(self._administration.system_config()).decode()
        database = self._administration.enterprise_database_config()
        if setting == "EnterpriseDatabaseConfig" and database is not None:
            return write_enterprise_database_config(database).decode()
        return write_cluster_config(self._administration.cluster_config()).decode()

    async def _show_system_config(self, asked: Asked) -> web.StreamResponse:
        return document(write_system_config(self._administration.system_config()))

    async def _put_system_config(self, asked: Asked) -> web.StreamResponse:
        return await self._put(asked.request, parse_system_config, self._administration.save_system_config)

    async def _show_database_config(self, asked: Asked) -> web.StreamResponse:
        config = self._administration.enterprise_database_config()
        if config is None:
            raise ApiFailure(404, "Not Found", "", asked.request.path)
        return document(write_enterprise_database_config(config))

    async def _put_database_config(self, asked: Asked) -> web.StreamResponse:
        save = self._administration.save_enterprise_database_config
        return await self._put(asked.request, parse_enterprise_database_config, save)

    async def _show_cluster_config(self, asked: Asked) -> web.StreamResponse:
        return document(write_cluster_config(self._administration.cluster_config()))

    async def _put_cluster_config(self, asked: Asked) -> web.StreamResponse:
        return await self._put(asked.request, parse_cluster_config, self._administration.save_cluster_config)

    async def _put(
        self, request: web.Request, parse: Callable[[bytes], T], save: Callable[[T], None]
    ) -> web.StreamResponse:
        """Save settings. Raises ApiFailure: they may not be changed, or cannot be so."""

        async def saved() -> None:
            wanted = await parsed(request, parse)
            try:
                save(wanted)
            except InvalidSetting as error:
                raise (missing(error.name) if error.missing else invalid(error.name)) from None

        await self._callers.configuring(request, saved)
        await saved()
        return web.Response(status=200)
