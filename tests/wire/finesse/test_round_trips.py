"""Whatever can be said can be written and read back, also after a peer has spelt it in its own way."""

import contextlib
import dataclasses
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from random import Random
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.wire import finesse as f
from chaos.wire.xml import parse_xml, serialise

BLANKS = " \t\r\n"
ALPHABET = st.one_of(
    st.sampled_from("aZ09 <>&\"'/]\u00e4\u2028\U0001f600"), st.characters(codec="utf-8", min_codepoint=0x20)
).filter(lambda char: char not in "\ufffe\uffff")
TEXTS = st.text(ALPHABET, max_size=6).map(lambda text: text.strip(BLANKS))
NUMBERS = st.integers(-(10**17), 10**17)

# Whole documents with every field varied are slow to draw, and the machine may be busy.
DOCUMENTS = settings(max_examples=20)

CODECS: dict[type[Any], tuple[Callable[[Any], Any], Callable[[Any], bytes]]] = {
    f.SystemInfo: (f.parse_system_info, f.write_system_info),
    f.User: (f.parse_user, f.write_user),
    f.UserRequest: (f.parse_user_request, f.write_user_request),
    f.Dialog: (f.parse_dialog, f.write_dialog),
    f.DialogsChange: (f.parse_dialogs, f.write_dialogs),
    f.DialogRequest: (f.parse_dialog_request, f.write_dialog_request),
    f.ApiErrors: (f.parse_api_errors, f.write_api_errors),
    f.SystemConfig: (f.parse_system_config, f.write_system_config),
    f.EnterpriseDatabaseConfig: (f.parse_enterprise_database_config, f.write_enterprise_database_config),
    f.ClusterConfig: (f.parse_cluster_config, f.write_cluster_config),
}
PAYLOADS: tuple[type[Any], ...] = (f.SystemInfo, f.User, f.Dialog, f.DialogsChange, f.ApiErrors)


def things(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Values of a dataclass, every field varied."""
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{field.name: _of_type(hints[field.name]) for field in dataclasses.fields(cls)})


def _of_type(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(_unknown_words(arguments) if part is str else _of_type(part) for part in arguments))
    if origin is tuple:
        return st.lists(_of_type(arguments[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return things(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXTS,
        int: NUMBERS,
        bool: st.booleans(),
        type(None): st.none(),
    }
    return simple[hint]


def _unknown_words(arguments: tuple[Any, ...]) -> st.SearchStrategy[str]:
    enums = [part for part in arguments if isinstance(part, type) and issubclass(part, StrEnum)]
    known = {member.value.lower() for enum in enums for member in enum}
    return TEXTS.filter(lambda text: text.lower() not in known)


def respelt(element: Element, random: Random) -> Element:
    """The same document as another peer may write it: letter case, order, a namespace, unknown elements between."""
    copy = Element("{urn:other}" + "".join(random.choice((char.lower(), char.upper())) for char in element.tag))
    copy.text = element.text
    children = [respelt(child, random) for child in element]
    if len({child.tag.lower() for child in children}) == len(children):
        random.shuffle(children)
    copy.extend(children)
    if children:
        copy.insert(random.randrange(len(children) + 1), Element("{urn:other}addedInSomeLaterRelease"))
    return copy


@pytest.mark.parametrize("cls", CODECS, ids=lambda cls: cls.__name__)
@DOCUMENTS
@given(data=st.data())
def test_a_document_written_is_read_back_equal(cls: type[Any], data: st.DataObject) -> None:
    parse, write = CODECS[cls]
    thing = data.draw(things(cls))
    written = write(thing)
    assert parse(written) == thing
    assert parse(written.decode()) == thing


@pytest.mark.parametrize("cls", CODECS, ids=lambda cls: cls.__name__)
@DOCUMENTS
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_document_means_the_same_in_every_spelling(cls: type[Any], data: st.DataObject, seed: int) -> None:
    parse, write = CODECS[cls]
    thing = data.draw(things(cls))
    assert parse(serialise(respelt(parse_xml(write(thing)), Random(seed)))) == thing


@pytest.mark.parametrize("cls", PAYLOADS, ids=lambda cls: cls.__name__)
@DOCUMENTS
@given(data=st.data(), event=st.sampled_from(f.UpdateEvent), source=TEXTS, request_id=TEXTS)
def test_a_notification_written_is_read_back_equal(
    cls: type[Any], data: st.DataObject, event: f.UpdateEvent, source: str, request_id: str
) -> None:
    update = f.Update(event, source, request_id, data.draw(things(cls)))
    assert f.parse_update(f.write_update(update)) == update
    assert f.parse_document(f.write_update(update)) == update


@DOCUMENTS
@given(things(f.User), st.data())
def test_a_document_cut_short_is_malformed_and_never_half_read(user: f.User, data: st.DataObject) -> None:
    written = f.write_user(user).rstrip()
    cut = data.draw(st.integers(0, len(written) - 1))
    with pytest.raises(f.MalformedXml):
        f.parse_user(written[:cut])


@DOCUMENTS
@given(things(f.Dialog), st.data())
def test_a_spoilt_byte_gives_a_value_or_a_typed_error(dialog: f.Dialog, data: st.DataObject) -> None:
    written = bytearray(f.write_dialog(dialog))
    written[data.draw(st.integers(0, len(written) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(f.BadDocument):
        assert isinstance(f.parse_dialog(bytes(written)), f.Dialog)
