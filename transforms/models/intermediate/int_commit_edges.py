"""Parent links of which both ends were read, from git's commit-graph or from commits' parents."""

from typing import Any

FROM_TEXT = """
with
    links as (
        select commit_index, repository, unnest(parent_shas) as parent_sha
        from commits
        where {condition}
    )
select links.commit_index as child_index, parents.commit_index as parent_index
from links
inner join
    commits as parents
    on links.repository = parents.repository and links.parent_sha = parents.commit_sha
"""
NOT_SAID = "commit_index in (select commit_index from commits_of_text)"
NEWEST_PAGES = """
select
    json_extract_string(context, '$.repository') as repository,
    arg_max(records_file, (read_at, page_id)) as file
from journal
where
    event = 'page' and kind = 'git' and stream = 'commit_graph'
    and read_at <= timestamp '{as_of}'
group by all
order by all
"""


def model(dbt: Any, session: Any) -> Any:
    """Return (child_index, parent_index); links that lead out of what was read are not among them.

    Where a repository's commit-graph was read, it says the parents of the commits it lists, and
    the commits' own parents those of the newer ones; without it they say all.
    """
    import io
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    import zstandard

    from transforms.statistics.commit_graph_pages import page_edges

    dbt.config(materialized="table")
    as_of, lake = (
        dbt.source("build", "parameters").project("as_of::varchar, lake_path").fetchall()[0]
    )
    commits = dbt.ref("int_commits__indexed")
    journal = dbt.source("staging", "journal")
    pages = dict(journal.query("journal", NEWEST_PAGES.format(as_of=as_of)).fetchall())
    if not pages:
        return commits.query("commits", FROM_TEXT.format(condition="true"))
    bounds = commits.aggregate(
        "repository, min(commit_index) as first, count(*) as size", "repository"
    ).fetchall()
    shas = commits.order("commit_index").project("commit_sha").to_arrow_table()["commit_sha"]
    _, buffer, text_of_shas = shas.cast(pa.large_string()).combine_chunks().buffers()
    offsets = np.frombuffer(buffer, dtype=np.int64)
    edges: list[tuple[Any, Any]] = []
    is_said = np.zeros(len(shas), dtype=np.bool_)
    for repository, first, size in bounds:
        if repository not in pages:
            continue
        content = Path(lake, pages[repository]).read_bytes()
        arrays = np.load(io.BytesIO(zstandard.ZstdDecompressor().decompress(content)))
        places = offsets[first : first + size + 1]
        if not bool((np.diff(places) == 2 * arrays["oids"].shape[1]).all()):
            continue
        child, parent, unknown = page_edges(
            oids=arrays["oids"],
            starts=arrays["starts"],
            parents=arrays["parents"],
            shas=bytes(memoryview(text_of_shas)[places[0] : places[-1]]),
        )
        edges.append((child + first, parent + first))
        is_said[first : first + size] = True
        is_said[first + unknown] = False
    session.register("commits_of_text", pa.table({"commit_index": np.nonzero(~is_said)[0]}))
    text = commits.query("commits", FROM_TEXT.format(condition=NOT_SAID)).to_arrow_table()
    session.unregister("commits_of_text")
    edges.append((text["child_index"].to_numpy(), text["parent_index"].to_numpy()))
    child_index, parent_index = (np.concatenate(column) for column in zip(*edges, strict=True))
    return pa.table({"child_index": child_index, "parent_index": parent_index})
