"""Building the tree: the namespaces of Cross Industry Invoice, and elements added below one another."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, register_namespace

_URN = "urn:un:unece:uncefact"
SPACES = {
    "rsm": f"{_URN}:data:standard:CrossIndustryInvoice:100",
    "ram": f"{_URN}:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_URN}:data:standard:UnqualifiedDataType:100",
    "qdt": f"{_URN}:data:standard:QualifiedDataType:100",
}
for _prefix, _uri in SPACES.items():
    register_namespace(_prefix, _uri)
# What XML 1.0 cannot hold, escaped or not.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, path: str, text: str | None = None, **attributes: str) -> Element:
    """Add the elements of `path` (« ram:A/udt:B ») below one another; `text` and `attributes` go to the last, which is returned."""
    for step in path.split("/"):
        prefix, name = step.split(":")
        parent = SubElement(parent, f"{{{SPACES[prefix]}}}{name}")
    if text is not None:
        parent.text = _UNWRITABLE.sub("", text)
    parent.attrib.update(attributes)
    return parent
