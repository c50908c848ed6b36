"""Office files with the same bytes every time: their dates are those of the build."""

import io
import re
import zipfile
from datetime import datetime

_DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
_FIRST = (1980, 1, 1, 0, 0, 0)


def fixed(content: bytes, *, made_at: datetime) -> bytes:
    """Return an Office file whose parts, and files within it, carry one instant only."""
    stamp = made_at.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as result,
    ):
        for name in source.namelist():
            part = source.read(name)
            if name.endswith("core.xml"):
                part = _DATES.sub(rb"\g<1>" + stamp + rb"\g<2>", part)
            elif name.endswith(".xlsx"):
                part = fixed(part, made_at=made_at)
            kept = zipfile.ZipInfo(name, date_time=_FIRST)
            kept.compress_type = zipfile.ZIP_DEFLATED
            result.writestr(kept, part)
    return target.getvalue()
