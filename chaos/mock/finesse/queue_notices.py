"""Statistics of queues for whoever has subscribed to them: at most every ten seconds, and only if they have changed.

Source: Finesse developer guide, Queue Notifications.
"""

import asyncio
from collections.abc import Callable

from chaos.mock.finesse.hooks import NodeDefects
from chaos.mock.finesse.notification import NotificationService
from chaos.mock.finesse.pubsub import queue_node
from chaos.wire.finesse import UnknownPayload, Update, UpdateEvent, write_update

EVERY_S = 10.0


class QueueNotices:
    """These of one run of the Webapp.

    shown: each queue's document by its id, as of now. is_serving: asked before anything is told.
    """

    def __init__(
        self,
        notification: NotificationService,
        *,
        shown: Callable[[str], str],
        queues: tuple[str, ...],
        is_serving: Callable[[], bool],
        defects: NodeDefects,
    ) -> None:
        self._notification, self._shown, self._is_serving = notification, shown, is_serving
        self._defects = defects
        self._nodes = {queue: queue_node(queue) for queue in queues}
        self._told: dict[str, str] = {}
        self._timer: asyncio.TimerHandle | None = None

    def view_changed(self) -> None:
        """Something may be told in ten seconds, to those who are there then."""
        if self._timer is None and self._wanted():
            self._timer = asyncio.get_running_loop().call_later(EVERY_S, self._tell)

    def stop(self) -> None:
        """Nothing is told any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wanted(self) -> list[tuple[str, str]]:
        """The queues that somebody has subscribed to, and their nodes."""
        return [one for one in self._nodes.items() if self._notification.has_subscribers(one[1])]

    def _tell(self) -> None:
        self._timer = None
        is_gap = not self._is_serving()
        for queue, node in self._wanted():
            if is_gap and not self._defects.tells_of_queue():
                continue
            shown = self._shown(queue)
            if self._told.get(queue) == shown:
                continue
            self._told[queue] = shown
            update = Update(UpdateEvent.PUT, node, "", UnknownPayload("queue", shown))
            self._notification.publish(node, write_update(update), ())
