"""Deployment detail: what went in, what followed, what depends on it, what else went out then."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards.deployments import (
    Blast,
    changes_table,
    deployments_table,
    kind_words,
    read_blast,
    request_words,
    suspected_table,
    tests_words,
    verdict_words,
)
from dashboards.exports import draw_export
from dashboards.incidents import local, page_link
from dashboards.safe_text import plain_text, safe_link, safe_text
from dashboards.view import View
from dashboards.words import count_words, duration_words, moment_words, names_words

TITLE, SECTION, ORDER, URL_PATH = "Deployment detail", "Releases", 2, "deployment"
NEWEST = 300
_HOPS = {1: "directly", 2: "through one other service", 3: "through two other services"}


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters; any id may stand."""
    return {"deployment": None, "failed": ("true", "false")}


def render(view: View) -> None:
    """Draw the page of the deployment that the address names, or a list to choose from."""
    asked = st.query_params.get("deployment")
    blast = read_blast(view, asked) if asked else None
    if blast is None:
        _draw_choice(view, asked)
        return
    _draw_head(view, blast)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_what_went_in(blast)
    with right:
        _draw_what_followed(view, blast)
        _draw_downstream(blast)
    _draw_beside(view, blast)
    st.markdown(f"[Choose another deployment]({page_link(view, 'deployment')})")


def _draw_choice(view: View, asked: str | None) -> None:
    if asked:
        st.info("The address names no deployment of this build; choose one.")
    chosen = view.selection
    sentence = st.empty()
    only_failed = st.toggle("Only failed", key="failed", bind="query-params")
    filters: dict[str, Any] = {
        "environment_tier": "production",
        "reached_production": True,
        **view.selection.filters,
    }
    if only_failed:
        filters["is_failed"] = True
    between = ("finished_date", chosen.since, chosen.until)
    rows = view.rows(
        "fct_deployments", filters=filters, order="-finished_at", limit=NEWEST, between=between
    )
    if rows.is_empty():
        what = "No failed deployment" if only_failed else "No deployment"
        sentence.markdown(f"#### {what} in this selection.")
        st.caption("Choose a longer period, or look on Data health whether deployments were read.")
        return
    newest = f"The newest {NEWEST}" if rows.height >= NEWEST else f"{rows.height:,}"
    word = "failed deployments" if only_failed else "deployments"
    sentence.markdown(f"#### {newest} {word} to production; open one.")
    _show_deployments(view, rows, titled="Deployment", height=520)
    draw_export(
        view,
        lambda: view.published.rows(
            "fct_deployments", filters=filters, order="-finished_at", between=between
        ),
        name="deployments",
    )


def _show_deployments(view: View, rows: pl.DataFrame, *, titled: str, height: int) -> None:
    frame = deployments_table(view, rows, titled=titled)
    st.dataframe(
        frame,
        hide_index=True,
        height=height if rows.height > 12 else "content",
        column_config={
            "Open": st.column_config.LinkColumn(display_text="details", width=65),
            "Source": st.column_config.LinkColumn(display_text="open", width=55),
        },
        alt=f"{titled}: when, kind, changes and state of each",
    )


def _draw_head(view: View, blast: Blast) -> None:
    row, detail = blast.deployment, blast.detail
    before = safe_text(detail.get("previous_version") or "nothing known")
    version = safe_text(row["version"] or row["deployment_id"])
    name = f"{safe_text(row['service_id'])} {before} → {version}"
    st.markdown(f"#### {name} {safe_text(verdict_words(row))}.")
    ended = local(view, row["finished_at"])
    took = duration_words(row["duration_seconds"])
    facts = [
        safe_text(row["environment_id"]),
        f"finished {moment_words(ended)} after {took}" if ended else "not finished",
        kind_words(row),
    ]
    strategy = plain_text(row["strategy"])
    if strategy:
        facts.append(f"strategy {safe_text(strategy)}")
    st.markdown(" · ".join(facts))
    links = []
    for word, url in (
        (f"pipeline {safe_text(detail.get('pipeline_name'))}", detail.get("pipeline_url")),
        (f"record in {safe_text(row['source'])}", row["source_url"]),
    ):
        link = safe_link(url)
        if link:
            links.append(f"[{word}](<{link}>)")
    if links:
        st.markdown(" · ".join(links))


def _draw_what_went_in(blast: Blast) -> None:
    st.subheader("What went in", anchor=False)
    if blast.changes.is_empty():
        st.markdown("No change first went live with it.")
    else:
        commits = blast.deployment["commit_count"] or 0
        told = count_words(blast.changes.height, "change")
        st.caption(f"{told}, {count_words(commits, 'commit')}; age: first commit to production.")
        st.dataframe(
            changes_table(blast.changes), hide_index=True,
            height="content" if blast.changes.height <= 8 else 320,
            column_config={
                "Source": st.column_config.LinkColumn(display_text="open", width=55),
                "Change": st.column_config.TextColumn(width="medium"),
            },
            alt="Changes of the deployment: age, commits, reviews",
        )  # fmt: skip
    st.markdown(safe_text(request_words(blast.detail)))
    st.markdown(tests_words(blast.detail))
    failed = blast.detail.get("failed_tests") or []
    if failed:
        st.dataframe(
            pl.DataFrame({"Failed test": [plain_text(name) for name in failed]}),
            hide_index=True, height="content", alt="Failed tests of the deployed commit",
        )  # fmt: skip


def _draw_what_followed(view: View, blast: Blast) -> None:
    row = blast.deployment
    st.subheader("What followed", anchor=False)
    if not blast.suspected:
        st.markdown("No incident followed within 72 hours on its service or downstream.")
    else:
        st.dataframe(
            suspected_table(view, blast.suspected), hide_index=True,
            height="content" if len(blast.suspected) <= 8 else 320,
            column_config={
                "Open": st.column_config.LinkColumn(display_text="why", width=50),
                "Incident": st.column_config.TextColumn(width="medium"),
                "Source": st.column_config.LinkColumn(display_text="open", width=55),
            },
            alt="Incidents that followed, with the probability that this deployment caused them",
        )  # fmt: skip
        st.caption("Percent: probability that this deployment caused it. Association, not proof.")
    back = local(view, row["rolled_back_at"])
    st.markdown(f"Rolled back {moment_words(back)}." if back else "It was not rolled back.")
    if row["is_failed"]:
        is_open = row["is_recovery_open"]
        took = duration_words(row["recovery_seconds"])
        st.markdown("It is not repaired yet." if is_open else f"Repaired after {took}.")


def _draw_downstream(blast: Blast) -> None:
    st.subheader("Who depends on the service", anchor=False)
    if not blast.downstream:
        st.markdown("No other service is known to depend on it.")
        return
    for hops, names in blast.downstream:
        how = _HOPS.get(hops, f"{hops} hops away")
        shown = names_words([safe_text(name) for name in names], most=12)
        st.markdown(f"**{count_words(len(names), 'service')}** {how}: {shown}")


def _draw_beside(view: View, blast: Blast) -> None:
    st.subheader("What else was released within the hour", anchor=False)
    if blast.beside.is_empty():
        st.markdown("Nothing else reached production within an hour of it.")
        return
    _show_deployments(view, blast.beside, titled="Beside it", height=320)
