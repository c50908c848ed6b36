"""Release cockpit: may this artifact go to production, what is in it, and who says so."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards import cockpit
from dashboards.bases import Asked, draw_foot
from dashboards.incidents import page_link
from dashboards.safe_text import plain_text, safe_link, safe_text
from dashboards.view import View
from dashboards.words import count_words, moment_words
from transforms.current import SCOPED
from transforms.judgement_words import headline, notes, short
from transforms.judgements import Judgement

TITLE, SECTION, ORDER, URL_PATH = "Release cockpit", "Releases", 0, "cockpit"
NEWEST, MOST_REASONS = 200, 6
SOURCE = {"Source": st.column_config.LinkColumn(display_text="open", width=60)}


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters."""
    return {"of": None, "artifact": None, "digest": None, "to": None}


def render(view: View) -> None:
    """Draw the choice, the verdict and what it rests on."""
    sentence = st.empty()
    with st.container(horizontal=True, vertical_alignment="bottom", key="cockpit_choice"):
        service = _choose_service(view)
        found = cockpit.artifacts(view, service)[:NEWEST] if service else []
        artifact = _choose_artifact(found)
        environment = _choose_environment(view)
    if not service or artifact is None or not environment:
        sentence.markdown("#### No artifact of this selection can be judged.")
        st.markdown(
            "An artifact is known once a deployment or a registry names its digest or commit. See "
            f"on [Data health]({page_link(view, 'health')}) whether deployments were read, or run "
            "`leadline run`."
        )
        return
    if SCOPED in view.build.build_id:
        sentence.markdown("#### How the artifact fared where it was deployed.")
        st.caption("The gate itself is asked by who may see every approval; ask your release team.")
    else:
        said = cockpit.judged(view, service=service, artifact=artifact.key, environment=environment)
        if isinstance(said, str):
            sentence.markdown("#### This build cannot judge it.")
            st.markdown(f"{safe_text(said[:1].upper() + said[1:])}. Run `leadline build`.")
        else:
            sentence.markdown(f"#### {safe_text(headline(said), limit=300)}")
            _draw_rules(view, said)
    deployments = cockpit.deployments_of(view, service, artifact)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_contents(view, artifact, deployments)
        st.subheader("Risk", anchor=False)
        st.markdown(safe_text(cockpit.risk_sentence(view, service, deployments)))
        _draw_frame(
            "Who vouched for it", cockpit.sign_offs_table(view, service, artifact),
            "Nobody signed anything for this artifact; `leadline signoff --help` says how.",
            links={"Evidence": st.column_config.LinkColumn(display_text="open", width=80)},
        )  # fmt: skip
    with right:
        _draw_frame(
            "Gates that ran", cockpit.gates_table(view, artifact),
            "No run of a gate that the policy requires is known for it.", links=SOURCE,
        )  # fmt: skip
        _draw_frame(
            "Where it was deployed", cockpit.history_table(view, deployments),
            "It was deployed nowhere yet.",
            links={"Open": st.column_config.LinkColumn(display_text="details", width=70)},
        )  # fmt: skip


def _choose_service(view: View) -> str | None:
    names = sorted(view.table("services")["service_id"].to_list())
    chosen = view.selection.service_ids
    if chosen:
        names = [name for name in names if name in chosen]
    asked: str | None = st.selectbox(
        "Service", names, key="of", bind="query-params", filter_mode="contains", width=240
    )
    return asked


def _choose_artifact(found: Sequence[cockpit.Artifact]) -> cockpit.Artifact | None:
    by_label = {plain_text(one.label): one for one in found}
    by_key = {one.key: label for label, one in by_label.items()}
    if not found:
        return None
    # A link names the whole digest, once; the choice is known by what it shows.
    asked = st.query_params.get("digest")
    if asked in by_key and st.session_state.get("cockpit_asked") != asked:
        st.session_state["cockpit_asked"] = asked
        st.session_state["artifact"] = by_key[asked]
    label = st.selectbox(
        "Artifact", list(by_label), key="artifact", bind="query-params", filter_mode="contains",
        width=360,
    )  # fmt: skip
    return by_label.get(label) if label else None


def _choose_environment(view: View) -> str | None:
    rows = view.known_rows("environments", filters={}, order="environment_id")
    ranked = sorted(
        rows.iter_rows(named=True),
        key=lambda row: (row["tier"] != "production", row["environment_id"]),
    )
    names = [row["environment_id"] for row in ranked]
    if not names:
        return None
    asked: str | None = st.selectbox("To", names, key="to", bind="query-params", width=200)
    return asked


def _draw_rules(view: View, said: Judgement) -> None:
    for rule in said.shutting[:MOST_REASONS]:
        st.markdown(f"- **{safe_text(rule.title)}:** {safe_text(rule.reason, limit=400)}")
    for note in notes(said):
        st.caption(safe_text(note, limit=300))
    frame = cockpit.rules_table(view, said)
    if frame.is_empty():
        st.markdown("No control asks to be heard before a deployment.")
        return
    st.dataframe(
        frame, hide_index=True, height="content" if frame.height <= 12 else 460,
        column_config={
            "Why": st.column_config.TextColumn(width="large"),
            "Record": st.column_config.LinkColumn(display_text="all of it", width=80),
        },
        alt="Each rule with verdict, reason, what was measured, its limits and its evidence",
    )  # fmt: skip
    st.caption(
        f"Judged at {moment_words(view.as_of)} by build {view.build.build_id}. The same verdict, "
        "kept and with an exit code, for a pipeline:"
    )
    st.code(cockpit.command_line(said), language=None, wrap_lines=True)
    asked = Asked({"subject_type": "deployment"}, is_filtered=False)
    draw_foot(view, "gate_rules", asked, frame.drop("Record"), export="gate_rules")


def _draw_contents(
    view: View, artifact: cockpit.Artifact, deployments: Sequence[cockpit.Row]
) -> None:
    st.subheader("What is in it", anchor=False)
    commit = safe_text(artifact.commit_sha[:12])
    made = f"built from commit {commit}" if commit else "built from a commit that nobody states"
    st.markdown(f"Artifact {safe_text(short(artifact.key))}, {made}.")
    changes = cockpit.changes_of(view, artifact, deployments)
    if not changes:
        st.markdown("No change is known to have gone live with it.")
        return
    st.caption(count_words(len(changes), "change"))
    rows = [
        (plain_text(row["title"] or row["change_id"]), safe_link(row["source_url"]) or "")
        for row in changes[:NEWEST]
    ]
    schema = {"Change": pl.String, "Source": pl.String}
    st.dataframe(
        pl.DataFrame(rows, schema=schema, orient="row"), hide_index=True, column_config=SOURCE,
        height="content" if len(rows) <= 8 else 320, alt="Changes that are in the artifact",
    )  # fmt: skip


def _draw_frame(title: str, frame: pl.DataFrame, empty: str, *, links: Mapping[str, Any]) -> None:
    st.subheader(title, anchor=False)
    if frame.is_empty():
        st.markdown(empty)
        return
    st.dataframe(
        frame, hide_index=True, column_config=dict(links),
        height="content" if frame.height <= 8 else 320, alt=title,
    )  # fmt: skip
