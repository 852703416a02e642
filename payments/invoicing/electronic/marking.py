"""What makes a PDF/A-3 with the XML inside a Factur-X: four properties in its metadata, and the schema that declares them.

typst embeds the file and states its relationship, but writes its own metadata. They are written anew in an incremental
update: the bytes that typst set stay as they are, followed by one object, its place and a trailer (ISO 32000-1, 7.5.6). No
library rewrites the file, so tags and fonts stay what the standard wants, and the same invoice is the same bytes.
"""

from __future__ import annotations

import re

FILE_NAME = "factur-x.xml"
NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"),
    "DocumentFileName": (FILE_NAME, "The name of the embedded XML document"),
    "Version": ("1.0", "The actual version of the standard applying to the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}
_METADATA = re.compile(
    rb"(\d+) 0 obj\s<</Length (\d+)/Type/Metadata/Subtype/XML>>\sstream\s(<\?xpacket begin.*?<\?xpacket end=.{3}\?>)",
    re.DOTALL,
)
_TRAILER = re.compile(rb"trailer\s<<(/Size \d+.*)>>\sstartxref\s(\d+)\s%%EOF\s*$", re.DOTALL)
_SCHEMAS_END, _RDF_END = b"</rdf:Bag></pdfaExtension:schemas>", b"</rdf:RDF>"


class NotMarked(RuntimeError):
    """The PDF is not laid out as the typesetter lays them out: another version of it, most likely."""


def marked(pdf: bytes) -> bytes:
    """The PDF with what Factur-X wants in its metadata. Raises NotMarked."""
    metadata, trailer = _METADATA.search(pdf), _TRAILER.search(pdf)
    if metadata is None or trailer is None:
        raise NotMarked("no metadata or no trailer where the typesetter writes them")
    number, packet = metadata[1], metadata[3]
    if packet.count(_SCHEMAS_END) != 1 or packet.count(_RDF_END) != 1:
        raise NotMarked("the metadata declare no schemas, or several times")
    packet = packet.replace(_SCHEMAS_END, _declared() + _SCHEMAS_END).replace(_RDF_END, _stated() + _RDF_END)
    start = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    head = b"%s 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n" % (number, len(packet))
    update = head + packet + b"\nendstream\nendobj\n"
    place = b"xref\n%s 1\n%010d 00000 n\r\n" % (number, len(start))
    end = b"trailer\n<<%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (trailer[1], trailer[2], len(start) + len(update))
    return start + update + place + end


def _stated() -> bytes:
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _said) in _PROPERTIES.items())
    return f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}">{values}</rdf:Description>'.encode()


def _declared() -> bytes:
    """The extension schema: a PDF/A names each property that the standard does not know."""
    properties = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{said}</pdfaProperty:description></rdf:li>"
        for name, (_value, said) in _PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    ).encode()
