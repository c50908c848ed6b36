"""One row per alias of a person: declared in leadline.yml, or joined by what records tie."""

from typing import Any

DECLARED = """
select unnest(person_alias_ids) as alias_id, person_id, coalesce(person_kind, 'human') as kind
from catalogue
where record_type = 'person' and person_id is not null
"""


def model(dbt: Any, session: Any) -> Any:
    """Return (alias_id, person_id, origin, kind) of every alias that leads to a person."""
    import pyarrow as pa

    from transforms.statistics.people import resolve

    dbt.config(materialized="table")
    catalogue = dbt.ref("int_catalogue__current").query("catalogue", DECLARED).fetchall()
    ties = dbt.ref("int_identity_ties").project("login_id, address_id").fetchall()
    found = resolve({alias: person for alias, person, _ in catalogue}, ties)
    kinds = {person: kind for _, person, kind in catalogue}
    return pa.table(
        {
            "alias_id": pa.array([one.alias for one in found], pa.string()),
            "person_id": pa.array([one.person for one in found], pa.string()),
            "origin": pa.array([one.origin for one in found], pa.string()),
            "kind": pa.array([kinds.get(one.person, "human") for one in found], pa.string()),
        }
    )
