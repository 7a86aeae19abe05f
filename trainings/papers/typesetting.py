"""Setting a paper as PDF: a template of the portal and data, never anything of the clock or the host."""

import base64
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst

_PIECES = Path(__file__).resolve().parent / "typst" / "pieces.typ"


def pdf(
    template: Path,
    data: Mapping[str, Any],
    *,
    dated: tuple[int, int, int] | None = None,
    tagged: bool = True,
) -> bytes:
    """The PDF that `template` makes of `data`, which it reads from `sys.inputs.data`.

    Typst sees the template, `pieces.typ` and the fonts of its own wheel, nothing else; the data are strings
    in JSON, never markup. With `dated` (year, month, day) as
    creation date the same data gives the same bytes. `tagged`: for screen readers, which makes long tables
    several times as large.
    """
    timestamp = int(datetime(*dated, tzinfo=UTC).timestamp()) if dated else None
    # Any: several files in memory are documented, but the stub does not know them.
    sources: Any = {"main.typ": source(template), "pieces.typ": source(_PIECES)}
    made: Any = typst.compile(
        sources,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
        ignore_system_fonts=True,
        timestamp=timestamp,
        pdf_tags=tagged,
    )
    return bytes(made)


@cache
def source(template: Path) -> bytes:
    """The text of a template; it does not change while the portal runs."""
    return template.read_bytes()


def picture(png: bytes) -> str:
    """A PNG as SVG, for `image(bytes(…), format: "svg")`: data for Typst are text."""
    width, height = struct.unpack(">II", png[16:24])  # the IHDR chunk comes first in every PNG
    encoded = base64.b64encode(png).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{encoded}"/></svg>'
    )


def qr(url: str) -> str:
    """The address as a QR code in SVG, error correction M: a fold or a stamp does not hide it."""
    return segno.make(url, error="m", micro=False).svg_inline(border=0, scale=4)
