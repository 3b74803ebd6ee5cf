"""Documents as bytes: `parse_<thing>` and `write_<thing>`.

Every parser takes bytes or text and raises BadDocument when that is not XML, is XML of a forbidden kind, or has
another root. Nothing else in a document is an error: see `model`. Every writer is the exact spelling of REST, save
`write_update`, which spells notifications.
"""

from dataclasses import replace
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from chaos.wire.finesse import model as m
from chaos.wire.finesse import shapes
from chaos.wire.finesse.fields import Many, Nested, Shape
from chaos.wire.xml import WrongRoot, children_named, local_name, parse_xml, pretty, serialise

T = TypeVar("T")

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_DIALOGS = Many("Dialog", Nested(shapes.DIALOG))
_API_ERRORS_REST = Many("ApiError", Nested(shapes.API_ERROR))
_API_ERRORS_EVENT = Many("apiError", Nested(shapes.API_ERROR))


def parse_system_info(data: bytes | str) -> m.SystemInfo:
    """Read `SystemInfo`."""
    return shapes.SYSTEM_INFO.read(_root(data, "SystemInfo"))


def write_system_info(info: m.SystemInfo) -> bytes:
    """Write the answer of `GET /finesse/api/SystemInfo`."""
    return _document("SystemInfo", shapes.SYSTEM_INFO, info)


def parse_user(data: bytes | str) -> m.User:
    """Read `User`."""
    return shapes.USER.read(_root(data, "User"))


def write_user(user: m.User) -> bytes:
    """Write the answer of `GET /finesse/api/User/{id}`."""
    return _document("User", shapes.USER, user)


def parse_user_request(data: bytes | str) -> m.UserRequest:
    """Read the body of a `PUT` on a user."""
    return shapes.USER_REQUEST.read(_root(data, "User"))


def write_user_request(request: m.UserRequest) -> bytes:
    """Write the body of a `PUT` on a user."""
    return _request("User", shapes.USER_REQUEST, request)


def parse_dialog(data: bytes | str) -> m.Dialog:
    """Read `Dialog`."""
    return shapes.DIALOG.read(_root(data, "Dialog"))


def write_dialog(dialog: m.Dialog) -> bytes:
    """Write the answer of `GET /finesse/api/Dialog/{id}`."""
    return _document("Dialog", shapes.DIALOG, dialog)


def parse_dialogs(data: bytes | str) -> m.DialogsChange:
    """Read `Dialogs`."""
    return m.DialogsChange(_DIALOGS.read(_root(data, "Dialogs")))


def write_dialogs(dialogs: m.DialogsChange) -> bytes:
    """Write the answer of `GET /finesse/api/User/{id}/Dialogs`."""
    return (DECLARATION + pretty(_payload_element(dialogs, event=False)) + "\n").encode()


def parse_dialog_request(data: bytes | str) -> m.DialogRequest:
    """Read the body of a request on dialogs."""
    return _read_dialog_request(_root(data, "Dialog"))


def write_dialog_request(request: m.DialogRequest) -> bytes:
    """Write the body of a request on dialogs."""
    root = Element("Dialog")
    for name, value in (
        ("requestedAction", request.requested_action),
        ("targetMediaAddress", request.target_media_address),
        ("fromAddress", request.from_address),
        ("toAddress", request.to_address),
        ("associatedDialogUri", request.associated_dialog_uri),
    ):
        if value is not None:
            shapes.TEXT.write(_child(root, name), value, event=False)
    if request.action_params:
        shapes.ACTION_PARAMS.write(_child(root, "actionParams"), request.action_params, event=False)
    properties = m.MediaProperties(wrap_up_reason=request.wrap_up_reason, call_variables=request.call_variables or None)
    if properties != m.MediaProperties():
        shapes.MEDIA_PROPERTIES.write(_child(root, "mediaProperties"), properties, event=False)
    return (pretty(root) + "\n").encode()


def parse_api_errors(data: bytes | str) -> m.ApiErrors:
    """Read `ApiErrors` or `apiErrors`."""
    return m.ApiErrors(_API_ERRORS_REST.read(_root(data, "ApiErrors")))


def write_api_errors(errors: m.ApiErrors) -> bytes:
    """Write the body of an HTTP error answer."""
    return (DECLARATION + pretty(_payload_element(errors, event=False)) + "\n").encode()


def parse_system_config(data: bytes | str) -> m.SystemConfig:
    """Read `SystemConfig`."""
    return _read_system_config(_root(data, "SystemConfig"))


def write_system_config(config: m.SystemConfig) -> bytes:
    """Write `SystemConfig`, as an answer or as the body of a `PUT`."""
    root = Element("SystemConfig")
    if config.uri is not None:
        shapes.TEXT.write(_child(root, "uri"), config.uri, event=False)
    shapes.CTI_CONFIG.write(_child(root, "cti"), config, event=False)
    return (DECLARATION + pretty(root) + "\n").encode()


def parse_enterprise_database_config(data: bytes | str) -> m.EnterpriseDatabaseConfig:
    """Read `EnterpriseDatabaseConfig`."""
    return shapes.ENTERPRISE_DATABASE_CONFIG.read(_root(data, "EnterpriseDatabaseConfig"))


def write_enterprise_database_config(config: m.EnterpriseDatabaseConfig) -> bytes:
    """Write `EnterpriseDatabaseConfig`, as an answer or as the body of a `PUT`."""
    return _document("EnterpriseDatabaseConfig", shapes.ENTERPRISE_DATABASE_CONFIG, config)


def parse_cluster_config(data: bytes | str) -> m.ClusterConfig:
    """Read `ClusterConfig`."""
    return shapes.CLUSTER_CONFIG.read(_root(data, "ClusterConfig"))


def write_cluster_config(config: m.ClusterConfig) -> bytes:
    """Write `ClusterConfig`, as an answer or as the body of a `PUT`."""
    return _document("ClusterConfig", shapes.CLUSTER_CONFIG, config)


def parse_update(data: bytes | str) -> m.Update:
    """Read a notification's `Update`, already unescaped once (the text of its `notification` element)."""
    return _read_update(_root(data, "Update"))


def write_update(update: m.Update) -> bytes:
    """Write a notification's `Update` as Finesse spells it: two blanks a level, failures in their own order.

    It still is to be escaped into the text of a `notification` element, which `chaos.wire.xmpp.pubsub_event` does.
    """
    root = Element("Update")
    data = _child(root, "data")
    if update.payload is not None:
        data.append(_payload_element(update.payload, event=True))
    failed = isinstance(update.payload, m.ApiErrors)
    event = update.event.lower() if failed and update.event is not None else update.event
    values = {"event": event, "requestId": update.request_id, "source": update.source}
    for name in ("requestId", "source", "event") if failed else ("event", "requestId", "source"):
        value = values[name]
        if value is not None:
            shapes.TEXT.write(_child(root, name), value, event=True)
    return pretty(root).encode()


def parse_document(data: bytes | str) -> m.Document:
    """Read any document by its root, in either spelling; an unknown root gives UnknownPayload.

    A `User` without `loginId` and `uri` is a request, so is a `Dialog` with `requestedAction`.
    Raises BadDocument: it is not acceptable XML.
    """
    root = parse_xml(data)
    name = local_name(root).lower()
    if name == "user" and not _has(root, "loginId") and not _has(root, "uri"):
        return shapes.USER_REQUEST.read(root)
    if name == "dialog" and _has(root, "requestedAction"):
        return _read_dialog_request(root)
    if name == "update":
        return _read_update(root)
    if name == "systemconfig":
        return _read_system_config(root)
    if name == "enterprisedatabaseconfig":
        return shapes.ENTERPRISE_DATABASE_CONFIG.read(root)
    if name == "clusterconfig":
        return shapes.CLUSTER_CONFIG.read(root)
    return _read_payload(root)


def _read_update(root: Element) -> m.Update:
    texts = {local_name(child).lower(): shapes.TEXT.read(child) for child in root}
    data = next(children_named(root, "data"), None)
    body = None if data is None else next(iter(data), None)
    event = next((shapes.UPDATE_EVENT.read(child) for child in children_named(root, "event")), None)
    return m.Update(
        event=event,
        source=texts.get("source"),
        request_id=texts.get("requestid"),
        payload=None if body is None else _read_payload(body),
    )


def _read_payload(element: Element) -> m.Payload:
    match local_name(element).lower():
        case "systeminfo":
            return shapes.SYSTEM_INFO.read(element)
        case "user":
            return shapes.USER.read(element)
        case "dialog":
            return shapes.DIALOG.read(element)
        case "dialogs":
            return m.DialogsChange(_DIALOGS.read(element))
        case "apierrors":
            return m.ApiErrors(_API_ERRORS_REST.read(element))
        case _:
            return m.UnknownPayload(local_name(element), serialise(element).strip())


def _payload_element(payload: m.Payload, *, event: bool) -> Element:
    match payload:
        case m.SystemInfo():
            return _filled("systemInfo" if event else "SystemInfo", Nested(shapes.SYSTEM_INFO), payload, event)
        case m.User():
            return _filled("user" if event else "User", Nested(shapes.USER), payload, event)
        case m.Dialog():
            return _filled("dialog" if event else "Dialog", Nested(shapes.DIALOG), payload, event)
        case m.DialogsChange():
            return _filled("dialogs" if event else "Dialogs", _DIALOGS, payload.dialogs, event)
        case m.ApiErrors():
            kind = _API_ERRORS_EVENT if event else _API_ERRORS_REST
            return _filled("apiErrors" if event else "ApiErrors", kind, payload.errors, event)
        case m.UnknownPayload():
            return parse_xml(payload.xml)


def _read_dialog_request(root: Element) -> m.DialogRequest:
    body = shapes.DIALOG.read(root)
    action = next((shapes.ACTION.read(child) for child in children_named(root, "requestedAction")), None)
    target = next((shapes.TEXT.read(child) for child in children_named(root, "targetMediaAddress")), None)
    params = next((shapes.ACTION_PARAMS.read(child) for child in children_named(root, "actionParams")), ())
    properties = body.media_properties or m.MediaProperties()
    return m.DialogRequest(
        requested_action=action,
        target_media_address=target,
        from_address=body.from_address,
        to_address=body.to_address,
        call_variables=properties.call_variables or (),
        wrap_up_reason=properties.wrap_up_reason,
        action_params=params,
        associated_dialog_uri=body.associated_dialog_uri,
    )


def _read_system_config(root: Element) -> m.SystemConfig:
    cti = next(children_named(root, "cti"), root)
    uri = next((shapes.TEXT.read(child) for child in children_named(root, "uri")), None)
    return replace(shapes.CTI_CONFIG.read(cti), uri=uri)


def _root(data: bytes | str, name: str) -> Element:
    root = parse_xml(data)
    if local_name(root).lower() != name.lower():
        raise WrongRoot(f"a document <{local_name(root)[:80]}> where <{name}> was expected")
    return root


def _document(name: str, shape: Shape[T], value: T) -> bytes:
    return (DECLARATION + pretty(_filled(name, Nested(shape), value, False)) + "\n").encode()


def _request(name: str, shape: Shape[T], value: T) -> bytes:
    return (pretty(_filled(name, Nested(shape), value, False)) + "\n").encode()


def _filled(name: str, kind: Nested | Many, value: Any, event: bool) -> Element:
    element = Element(name)
    kind.write(element, value, event=event)
    return element


def _child(parent: Element, name: str) -> Element:
    child = Element(name)
    parent.append(child)
    return child


def _has(element: Element, name: str) -> bool:
    return next(children_named(element, name), None) is not None
