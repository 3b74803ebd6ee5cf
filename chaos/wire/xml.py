"""XML from peers: parsed without ever expanding anything, written without surprises.

Both codecs above this file (documents, streams) use one element builder on expat. It refuses a DTD at its first
token, so no entity can be declared, external or internal, and nothing is ever fetched or expanded. Depth and size are
limited, because a peer under chaos may send anything. Elements are ordinary `xml.etree.ElementTree.Element`s with
`{namespace}local` tags.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers import expat

from chaos.errors import PeerError

MAX_DEPTH = 64
MAX_DOCUMENT_BYTES = 4 * 1024 * 1024

XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"

# Other encodings are single-byte tables that Python would look up by a name the peer chose; no Finesse sends them.
_DOCUMENT_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})

# XML 1.0, production Char, negated: these cannot be written at all, not even as references.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TO_ESCAPE = re.compile("[&<>\r]|" + _NOT_XML.pattern)


class BadDocument(PeerError):
    """What a peer sent is not the XML that was expected."""


class MalformedXml(BadDocument):
    """Not well-formed, cut short, or in an encoding that cannot be read."""


class ForbiddenXml(BadDocument):
    """Well-formed, but with something never accepted from a peer: a DTD, an entity, a foreign encoding."""


class ForeignEncoding(ForbiddenXml):
    """An encoding is declared that is not accepted here."""


class XmlTooLarge(BadDocument):
    """Longer or deeper than the limit."""


class WrongRoot(BadDocument):
    """A sound document about something else."""


class ElementBuilder:
    """Feeds bytes to expat and reports elements; the common part of documents and streams.

    on_open: called with each element as its start tag ends, and its depth (the root has 1).
    on_close: called with each complete element and its depth, after it was appended to its parent.
    on_text: called with character data and the depth it stands at, before it is stored.
    keep: an element of this depth or deeper is appended to its parent; 2 keeps whole documents, 3 lets the children
        of an endless root go.
    encoding: an ASCII-like one that overrides what the document declares; None lets it declare one of a few.
    strict: refuse comments and processing instructions too (RFC 6120, 11.1).
    """

    def __init__(
        self,
        *,
        on_open: Callable[[Element, int], None] | None = None,
        on_close: Callable[[Element, int], None] | None = None,
        on_text: Callable[[str, int], None] | None = None,
        keep: int = 2,
        encoding: str | None = None,
        encodings: frozenset[str] = _DOCUMENT_ENCODINGS,
        strict: bool = False,
        max_depth: int = MAX_DEPTH,
    ) -> None:
        self.default_namespaces: list[str] = []
        self._on_open, self._on_close, self._on_text = on_open, on_close, on_text
        self._keep, self._encodings, self._max_depth = keep, encodings, max_depth
        self._path: list[Element] = []
        self._parser = self._new_parser(encoding, strict)
        self._single_bytes = encoding is not None
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Parse the next bytes. Raises BadDocument; after that the builder is of no further use."""
        self._parse(data, final=False)

    def close(self) -> None:
        """The document ends here. Raises MalformedXml if it is cut short."""
        self._parse(b"", final=True)

    def _new_parser(self, encoding: str | None, strict: bool) -> expat.XMLParserType:
        parser = expat.ParserCreate(encoding, "}")
        # Expat 2.6 may hold back a complete token until more bytes come; a stanza must be seen when it is there.
        if hasattr(parser, "SetReparseDeferralEnabled"):
            parser.SetReparseDeferralEnabled(False)
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.XmlDeclHandler = self._declaration
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartDoctypeDeclHandler = _refuse("a DOCTYPE")
        parser.EntityDeclHandler = _refuse("an entity declaration")
        parser.ExternalEntityRefHandler = _refuse("an external entity")
        parser.SkippedEntityHandler = _refuse("an entity reference")
        if strict:
            parser.CommentHandler = _refuse("a comment")
            parser.ProcessingInstructionHandler = _refuse("a processing instruction")
        return parser

    def _parse(self, data: bytes, *, final: bool) -> None:
        if self._ended:
            raise MalformedXml("bytes after the XML had ended or failed; start a new parser")
        if self._single_bytes and b"\0" in data:
            # Expat would take this for UTF-16, whatever encoding it was told.
            self._ended = True
            raise MalformedXml("XML with a NUL byte, so in UTF-16 or spoilt; expected UTF-8")
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            self._ended = True
            raise MalformedXml(f"not well-formed XML: {error}") from None
        except (LookupError, ValueError) as error:
            self._ended = True
            raise MalformedXml(f"XML in an unreadable encoding: {error}") from None
        except BadDocument:
            self._ended = True
            raise
        self._ended = final

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in self._encodings:
            raise ForeignEncoding(f"XML declares the encoding {encoding[:40]!r}; expected UTF-8")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if prefix is None and not self._path:
            self.default_namespaces.append(uri or "")

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._path) >= self._max_depth:
            raise XmlTooLarge(f"XML nested deeper than {self._max_depth} elements")
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        element = Element(_tag(name), {_tag(key): value for key, value in pairs})
        self._path.append(element)
        depth = len(self._path)
        if depth >= self._keep and depth > 1:
            self._path[-2].append(element)
        if self._on_open:
            self._on_open(element, depth)

    def _end(self, name: str) -> None:
        depth = len(self._path)
        element = self._path.pop()
        if self._on_close:
            self._on_close(element, depth)

    def _text(self, data: str) -> None:
        if self._on_text:
            self._on_text(data, len(self._path))
        if len(self._path) < self._keep - 1:
            return
        parent = self._path[-1]
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + data
        else:
            parent.text = (parent.text or "") + data


def parse_xml(data: bytes | str, *, max_bytes: int = MAX_DOCUMENT_BYTES, max_depth: int = MAX_DEPTH) -> Element:
    """The root element of one whole document.

    data: bytes in a declared or default encoding, or text, whose declared encoding is then of no account.
    Raises BadDocument: MalformedXml, ForbiddenXml (DTD, foreign encoding), XmlTooLarge.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > max_bytes:
        raise XmlTooLarge(f"XML document of {len(raw)} bytes; at most {max_bytes} are read")
    plain = _parse_plain(raw, max_depth)
    if plain is not None:
        return plain
    roots: list[Element] = []
    builder = ElementBuilder(
        on_open=lambda element, depth: roots.append(element) if depth == 1 else None,
        encoding="utf-8" if isinstance(data, str) else None,
        max_depth=max_depth,
    )
    builder.feed(raw)
    builder.close()
    return roots[0]


# Longer ones are refused at their first excess, not after all of it was read.
_PLAIN_BYTES_MAX = 64 * 1024
# Nothing, or UTF-8, is declared, and the root follows.
_PLAIN_START = re.compile(
    rb"""\s*(?:<\?xml version="1\.0"(?: encoding="UTF-8")?(?: standalone="yes")?\?>\s*)?<[A-Za-z]"""
)


def _parse_plain(raw: bytes, max_depth: int) -> Element | None:
    """The root of a document that has nothing in it but elements and text, by the parser in C, ten times as fast.

    None: it has more, or is not sound, so that it has to be looked at as `ElementBuilder` does. A DTD, which alone can
    declare entities, begins with `<!` in all encodings that have ASCII in one byte; others have a NUL in each `<`.
    """
    if len(raw) > _PLAIN_BYTES_MAX or b"<!" in raw or b"\0" in raw or _PLAIN_START.match(raw) is None:
        return None
    try:
        root = fromstring(raw)
    except (ParseError, ValueError, LookupError):
        return None
    return root if _is_within(root, max_depth) else None


def _is_within(root: Element, max_depth: int) -> bool:
    """Whether there are no more levels than that."""
    level: list[Element] = [root]
    for _ in range(max_depth):
        level = [child for element in level for child in element]
        if not level:
            return True
    return False


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """The element's namespace, empty if it has none."""
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def children_named(element: Element, name: str) -> Iterator[Element]:
    """Direct children with this local name, whatever their namespace and letter case."""
    wanted = name.lower()
    return (child for child in element if local_name(child).lower() == wanted)


def escape_text(text: str) -> str:
    """Character data. What XML 1.0 cannot hold becomes U+FFFD: an echoed peer string must not spoil our answer."""
    if _TO_ESCAPE.search(text) is None:
        return text
    text = _NOT_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(text: str) -> str:
    """The inside of a double-quoted attribute."""
    return escape_text(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def serialise(element: Element, inherited_namespace: str = "") -> str:
    """The element as text: attributes in double quotes, default namespaces instead of prefixes.

    inherited_namespace: the default namespace where it will stand; it is declared again only where it changes.
    """
    tag, own = local_name(element), namespace(element)
    parts = [f"<{tag}"]
    if own != inherited_namespace:
        parts.append(f' xmlns="{escape_attribute(own)}"')
    parts.extend(_attributes(element))
    inner = escape_text(element.text or "") + "".join(
        serialise(child, own) + escape_text(child.tail or "") for child in element
    )
    parts.append(f">{inner}</{tag}>" if inner else "/>")
    return "".join(parts)


def pretty(element: Element, indent: str = "  ") -> str:
    """A document whose elements hold either text or elements, one line each; no namespaces are written.

    A leaf with text None is an empty container and written `<x/>`, one with "" is written `<x></x>`.
    """
    lines: list[str] = []
    _add_pretty(lines, element, indent, "")
    return "\n".join(lines)


def _add_pretty(lines: list[str], element: Element, indent: str, margin: str) -> None:
    tag = local_name(element)
    start = tag + "".join(_attributes(element)) if element.keys() else tag
    if len(element):
        lines.append(f"{margin}<{start}>")
        for child in element:
            _add_pretty(lines, child, indent, margin + indent)
        lines.append(f"{margin}</{tag}>")
    elif element.text is None:
        lines.append(f"{margin}<{start}/>")
    else:
        lines.append(f"{margin}<{start}>{escape_text(element.text)}</{tag}>")


def _attributes(element: Element) -> Iterator[str]:
    for number, (key, value) in enumerate(element.items()):
        uri, _, name = key[1:].rpartition("}") if key.startswith("{") else ("", "", key)
        quoted = escape_attribute(value)
        if not uri:
            yield f' {name}="{quoted}"'
        elif uri == XML_NAMESPACE:
            yield f' xml:{name}="{quoted}"'
        else:
            yield f' xmlns:a{number}="{escape_attribute(uri)}" a{number}:{name}="{quoted}"'


def _tag(name: str) -> str:
    return "{" + name if "}" in name else name


def _refuse(what: str) -> Callable[..., Any]:
    def refuse(*_: object) -> None:
        raise ForbiddenXml(f"XML with {what}, which is never accepted from a peer")

    return refuse
