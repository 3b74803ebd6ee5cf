"""The SystemInfo document of a node."""

import asyncio

from chaos.clock import wall_now
from chaos.mock.finesse import documents
from chaos.mock.finesse.administration import CtiSettings
from chaos.mock.finesse.config import Address, NodeConfig, NodeOptions, Side
from chaos.mock.finesse.cti_link import CtiLink
from chaos.wire.finesse import CtiServer, HeartbeatStatus, Node, SystemInfo, SystemStatus


def system_info(
    status: SystemStatus,
    config: NodeConfig,
    options: NodeOptions,
    settings: CtiSettings,
    link: CtiLink | None,
    *,
    rest_port: int,
    auth_mode: str,
    xmpp_ports: tuple[int, int],
) -> SystemInfo:
    """SystemInfo as of now; of a Webapp that is down, too (`link` None), for Tomcat answers it.

    xmpp_ports: the one that is in the clear until STARTTLS, and the one with TLS from the first byte.
    """

    def node(host: str) -> Node:
        return Node(host, rest_port, *xmpp_ports)  # both nodes of a pair use the same ports

    return SystemInfo(
        status=status,
        current_timestamp=documents.stamp(wall_now()),
        deployment_type="UCCE",
        last_heartbeat_status=(
            HeartbeatStatus.SUCCESS if link is not None and link.is_heard else HeartbeatStatus.FAILURE
        ),
        last_heartbeat_ms=_last_beat_ms(link),
        cti_version=options.cti_version,
        cti_heartbeat_interval_s=round(options.heartbeat_interval_s),
        cti_maintenance_mode="",
        cti_maintenance_s=-1,
        finesse_maintenance_mode="",
        finesse_maintenance_s=-1,
        license="",
        peripheral_id=settings.peripheral_id,
        primary_node=node(config.primary_host),
        secondary_node=node(config.secondary_host) if config.secondary_host else None,
        system_auth_mode=auth_mode,
        timezone_offset_min=0,
        xmpp_domain=config.host,
        xmpp_pubsub_domain=f"pubsub.{config.host}",
        cti_servers=tuple(_cti_server(side, at, link) for side, at in settings.sides().items()),
    )


def _last_beat_ms(link: CtiLink | None) -> int | None:
    at_s = link.last_beat_s if link is not None else None
    if at_s is None:
        return None
    ago_s = asyncio.get_running_loop().time() - at_s
    return round((wall_now().timestamp() - ago_s) * 1000)


def _cti_server(side: Side, at: Address, link: CtiLink | None) -> CtiServer:
    active = link is not None and link.is_up and link.side is side
    since_s = link.up_since_s if link is not None and active else None
    return CtiServer(at.host, 0 if since_s is None else int(asyncio.get_running_loop().time() - since_s), active)
