"""Go's JSON: what it reads, what it refuses and with which words, how it writes. The texts were taken from Go 1.26."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.toxiproxy.errors import GoJsonError
from chaos.toxiproxy.gojson import Kind, Members, Numeral, Struct, Value, bind, decode, float32, text_of

INNER = Struct("toxics.LatencyToxic", "LatencyToxic", {"latency": Kind.INT64, "jitter": Kind.INT64})
OUTER = Struct(
    "x.Outer",
    "Outer",
    {"name": Kind.STRING, "on": Kind.BOOL, "share": Kind.FLOAT32, "attributes": INNER},
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "EOF"),
        (b" \r\n\t", "EOF"),
        (b"{", "unexpected EOF"),
        (b'{"a"', "unexpected EOF"),
        (b'{"a":', "unexpected EOF"),
        (b'"abc', "unexpected EOF"),
        (b'"\\u12', "unexpected EOF"),
        (b"nul", "unexpected EOF"),
        (b"-", "unexpected EOF"),
        (b"1.", "unexpected EOF"),
        (b"1e+", "unexpected EOF"),
        (b"nope", "invalid character 'o' in literal null (expecting 'u')"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'{"a" "b"}', "invalid character '\"' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"\xc3\xbf", "invalid character '\u00c3' looking for beginning of value"),
        (b'"a\n"', "invalid character '\\n' in string literal"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
        (b'"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"),
        (b"[-x]", "invalid character 'x' in numeric literal"),
        (b"[1.x]", "invalid character 'x' after decimal point in numeric literal"),
        (b"[1ex]", "invalid character 'x' in exponent of numeric literal"),
        (b"[" * 20_000, "exceeded max depth"),
    ],
)
def test_what_go_refuses_is_refused_with_its_words(body: bytes, words: str) -> None:
    with pytest.raises(GoJsonError) as refused:
        decode(body)
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "json: cannot unmarshal array into Go value of type x.Outer"),
        (b'{"name":5}', "json: cannot unmarshal number into Go struct field Outer.name of type string"),
        (b'{"on":"yes"}', "json: cannot unmarshal string into Go struct field Outer.on of type bool"),
        (b'{"share":1e39}', "json: cannot unmarshal number 1e39 into Go struct field Outer.share of type float32"),
        (
            b'{"attributes":[]}',
            "json: cannot unmarshal array into Go struct field Outer.attributes of type toxics.LatencyToxic",
        ),
        (
            b'{"attributes":{"latency":1e3}}',
            "json: cannot unmarshal number 1e3 into Go struct field LatencyToxic.attributes.latency of type int64",
        ),
        (
            b'{"attributes":{"jitter":9223372036854775808}}',
            "json: cannot unmarshal number 9223372036854775808 into Go struct field LatencyToxic.attributes.jitter"
            " of type int64",
        ),
        (
            b'{"attributes":{"jitter":true}}',
            "json: cannot unmarshal bool into Go struct field LatencyToxic.attributes.jitter of type int64",
        ),
    ],
)
def test_a_wrong_type_is_named_as_go_names_it(body: bytes, words: str) -> None:
    with pytest.raises(GoJsonError) as refused:
        bind(decode(body), OUTER)
    assert str(refused.value) == words


def test_keys_fold_nulls_leave_alone_repeats_merge_and_the_rest_is_ignored() -> None:
    body = b'{"NAME":"a","on":null,"extra":[{}],"attributes":{"latency":1},"attributes":{"Jitter":2}} trailing'
    assert bind(decode(body), OUTER) == {"name": "a", "attributes": {"latency": 1, "jitter": 2}}
    assert bind(decode(b"null"), OUTER) == {}


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_typed_error(body: bytes) -> None:
    with contextlib.suppress(GoJsonError):
        decode(body)


def _plain(value: Value) -> object:
    match value:
        case Members(pairs):
            return {key: _plain(item) for key, item in pairs}
        case Numeral(text):
            return json.loads(text)
        case list():
            return [_plain(item) for item in value]
    return value


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON, st.booleans())
def test_what_python_writes_is_read_as_it_was(value: object, ascii_only: bool) -> None:
    assert _plain(decode(json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))) == value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (0.0, "0"),
        (0.1, "0.1"),
        (0.3, "0.3"),
        (-3.0, "-3"),
        (1e-7, "1e-7"),
        (1e-6, "0.000001"),
        (16777217.0, "16777216"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1.25e-10, "1.25e-10"),
        (123456.7, "123456.7"),
    ],
)
def test_floats_are_written_in_32_bits_as_go_writes_them(number: float, text: str) -> None:
    assert text_of(float32(number)) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_written_floats_are_read_back_the_same(number: float) -> None:
    assert float32(float(text_of(number))) == number
    assert not math.isnan(float(text_of(number)))


def test_strings_are_escaped_for_html_as_go_does() -> None:
    assert text_of({"a<b>&": "é\u2028\n\x00"}) == '{"a\\u003cb\\u003e\\u0026":"é\\u2028\\n\\u0000"}'
