"""The command map: names in the published build that nobody declared, and proposals for them."""

from typing import Any

import duckdb

from orchestration.builds import WAREHOUSE, read_pointer
from orchestration.commands.terminal import open_context, out, printable, say, show_table
from orchestration.errors import LeadlineError, NothingToRead
from orchestration.mapping import Known, Unmapped, render_yaml
from orchestration.mapping import suggest as propose
from orchestration.warehouse import warehouse

_NAMES = """
select kind, name, any_value(name_row_count), max(last_seen_at), string_agg(distinct named_in, ', ')
from v1.unmapped_names group by kind, name order by 3 desc, kind, name
"""
_SERVICES = """
select services.service_id,
    (select list(alias) from v1.service_aliases as a where a.service_id = services.service_id),
    (select list(repository) from v1.service_repositories as r
        where r.service_id = services.service_id),
    (select list(name) from v1.configuration_items as c where c.service_id = services.service_id)
from v1.services as services where services.is_declared order by services.service_id
"""


def show_all() -> None:
    """Show the names of the published build that nothing knows.

    Errors: NothingToRead when nothing is published.
    """
    rows = _rows(_NAMES)
    if not rows:
        say("Every name in the published build is known.")
        return
    shown = [(kind, name, count, f"{seen:%Y-%m-%d}" if seen else "", where)
             for kind, name, count, seen, where in rows]  # fmt: skip
    show_table(("kind", "name", "rows", "last seen", "named in"), shown)
    say("`leadline map suggest` proposes sections for leadline.yml.")


def suggest() -> None:
    """Print proposals as YAML on standard output.

    Errors: NothingToRead when nothing is published.
    """
    names = [Unmapped(kind, name, count, seen) for kind, name, count, seen, _ in _rows(_NAMES)]
    if not names:
        say("Every name in the published build is known.")
        return
    services = [
        Known(service_id, *(tuple(part or ()) for part in parts))
        for service_id, *parts in _rows(_SERVICES)
    ]
    found = propose(names, services)
    text = render_yaml(found)
    lines = (printable(line) for line in text.splitlines())
    out.print("\n".join(lines), markup=False, soft_wrap=True)
    certain = sum(one.target is not None for one in found)
    say(
        f"{certain} of {len(found)} names have a proposal; check them, add them to leadline.yml "
        "(to the service where it stands already), then `leadline run`."
    )


def _rows(sql: str) -> list[tuple[Any, ...]]:
    build = read_pointer(open_context().home.current)
    if build is None:
        raise NothingToRead("Nothing is published yet; run `leadline run`.")
    try:
        with warehouse(build / WAREHOUSE) as connection:
            return connection.execute(sql).fetchall()
    except duckdb.Error as exc:
        raise LeadlineError(
            f"Build {build.name} cannot tell which names are unmapped; run `leadline build`."
        ) from exc
