"""Which class stands for which MessageType."""

from collections.abc import Iterator, Mapping
from typing import Final

from chaos.wire.ged188 import (
    agents,
    configuration,
    control,
    events,
    monitors,
    requests,
    routing,
    session,
    statistics,
    supervision,
)
from chaos.wire.ged188.fields import Message


def _classes() -> Iterator[type[Message]]:
    for module in (
        session,
        agents,
        events,
        routing,
        requests,
        control,
        supervision,
        monitors,
        statistics,
        configuration,
    ):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Message) and "TYPE" in vars(value):
                yield value


CLASSES: Final[Mapping[int, type[Message]]] = {int(cls.TYPE): cls for cls in _classes()}
