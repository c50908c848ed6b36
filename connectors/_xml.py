"""Read XML that nobody vouches for: no document type, no entity, nothing from outside."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring


def parse_xml(body: bytes) -> Element:
    """Return the root of a document.

    Errors: ValueError when the bytes are no XML or declare a document type or entities.
    """
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except ParseError as exc:
        raise ValueError(f"it is no XML: {exc}") from exc
    except LookupError as exc:
        raise ValueError(f"its encoding is unknown: {exc}") from exc
    return root


def tag(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """Yield the elements below a path of names, whatever their namespace."""
    if element is None:
        return
    for child in element:
        if tag(child) == names[0]:
            if len(names) == 1:
                yield child
            else:
                yield from children(child, *names[1:])


def child(element: Element | None, *names: str) -> Element | None:
    """Return the first element below a path of names."""
    return next(children(element, *names), None)


def text_of(element: Element | None, *names: str) -> str | None:
    """Return the text of the first element below a path of names (or its own), or None."""
    found = child(element, *names) if names else element
    said = (found.text or "").strip() if found is not None else ""
    return said or None


def properties_of(element: Element) -> dict[str, str]:
    """Return the named values of an element's <properties>."""
    return {
        str(one.get("name")): one.get("value") or (one.text or "").strip()
        for group in children(element, "properties")
        for one in group
        if one.get("name")
    }
