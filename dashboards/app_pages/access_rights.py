"""Access: who holds what he should not, which deployments broke duties, what the logs prove."""

import polars as pl
import streamlit as st

from dashboards import rights_words as words
from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.exports import draw_export
from dashboards.incidents import page_link
from dashboards.view import View
from dashboards.words import count_words

TITLE, SECTION, ORDER, URL_PATH = "Access", "Governance", 3, "access"
OLDER = "This build is older than this page; `leadline build` makes a new one."
TEMPLATE = "leadline template access_grants --out access_grants.csv"
# High enough for text to wrap, so that no sentence is cut; on a phone, too.
ROW = 66
WHOLE = {"What was found": st.column_config.TextColumn(width=280)}
LINKS = WHOLE | {"Open": st.column_config.LinkColumn(display_text="open", width=60)}


def render(view: View) -> None:
    """Draw the page."""
    held = view.known_rows("held_rights", filters=view.selection.filters)
    if not held.width:
        st.markdown(f"#### {OLDER}")
        return
    results = _results(view, "entitlements")
    holders = view.known_rows("toxic_holders", filters={"is_current": True}, order="person_id")
    is_any_known = not view.known_rows("held_rights", filters={}).is_empty()
    said = words.rights_sentence(
        results.to_dicts(), holders["person_id"].n_unique(), is_any_known=is_any_known
    )
    st.markdown(f"#### {said}")
    if is_any_known:
        asked = Asked({"control_id": "entitlements", **view.selection.filters})
        draw_basis(view, "control_results", asked, key="rights_answer")
        _draw_rights(view, held, results)
        _draw_holders(view, holders)
    else:
        _draw_remedy(view)
    _draw_duties(view)
    _draw_logs(view)


def _results(view: View, *controls: str, is_of_period: bool = False) -> pl.DataFrame:
    chosen = view.selection
    return view.published.rows(
        "control_results", filters={"control_id": list(controls), **chosen.filters},
        between=("occurred_date", chosen.since, chosen.until) if is_of_period else None,
        order="occurred_at",
    )  # fmt: skip


def _draw_remedy(view: View) -> None:
    st.subheader("Rights", anchor=False)
    st.markdown(
        "Rights come from a table of your own: who holds which role on what, since when, and when "
        "it was last used and confirmed. This writes one to fill in:"
    )
    st.code(TEMPLATE, language=None, wrap_lines=True)
    st.markdown(
        "Put it into the folder of a source of the kind files, then `leadline run`. "
        f"[Sources]({page_link(view, 'sources')}) shows whether it was read."
    )


def _draw_rights(view: View, held: pl.DataFrame, results: pl.DataFrame) -> None:
    st.subheader("Rights", anchor=False)
    if results.is_empty():
        st.markdown("Rights are known, but none on what is selected; widen the selection.")
        return
    told = results.to_dicts()
    findings = words.finding_sentences(told)
    if findings:
        st.markdown("\n".join(f"- {said}" for said in findings))
    rights = {row["access_grant_id"]: row for row in held.iter_rows(named=True)}
    st.dataframe(
        words.rights_table(told, rights), hide_index=True, column_config=WHOLE, row_height=ROW,
        alt="Rights with holder, role and finding, findings first",
    )  # fmt: skip
    st.caption("Held at the build's last instant. People are pseudonyms; roles are the policy's.")
    asked = Asked({"control_id": "entitlements", **view.selection.filters})
    draw_foot(view, "control_results", asked, results, export="control_entitlements", key="rights")


def _draw_holders(view: View, holders: pl.DataFrame) -> None:
    st.subheader("Pairs of rights that two should hold", anchor=False)
    if holders.is_empty():
        st.markdown("Nobody holds both of a pair, as far as rights are known.")
        return
    st.dataframe(
        words.holders_table(holders.to_dicts()), hide_index=True, height="content",
        alt="Who holds which pair, since when",
    )  # fmt: skip
    st.caption("Of the whole organisation: a pair belongs to a person and to no service.")
    draw_foot(view, "toxic_holders", Asked(is_filtered=False), holders, export="toxic_holders")


def _draw_duties(view: View) -> None:
    st.subheader("Separate duties", anchor=False)
    results = _results(view, "segregation_of_duties", is_of_period=True)
    exempt = {
        row["subject_id"]: row for row in results.iter_rows(named=True)
        if row["exemption_id"] is not None
    }  # fmt: skip
    failed = sum(row["underlying_verdict"] == "fail" for row in exempt.values())
    st.markdown(words.duty_sentence(results["verdict"].to_list(), exempt=failed))
    found = view.known_rows(
        "duty_violations", filters=view.selection.filters, order="-started_at"
    ).filter(pl.col("deployment_id").is_in(results["subject_id"].to_list()))
    chosen = view.selection
    draw_basis(
        view, "control_results",
        Asked({"control_id": "segregation_of_duties", **chosen.filters},
              ("occurred_date", chosen.since, chosen.until)),
        key="duties",
    )  # fmt: skip
    if found.is_empty():
        return
    count = count_words(found["deployment_id"].n_unique(), "deployment")
    st.markdown(f"What was found in {count}, the newest first:")
    st.dataframe(
        words.violations_table(
            found.to_dicts(), exempt,
            lambda one: page_link(view, "deployment", deployment=one),
        ),
        hide_index=True, column_config=LINKS, row_height=ROW,
        alt="Violations with people and exemption",
    )  # fmt: skip
    st.markdown(
        "Every deployment is looked at, none is sampled; the interval says what the rate may be in "
        f"the long run. [Control matrix]({page_link(view, 'controls')}) has them by month."
    )
    draw_export(view, found, name="duty_violations")


def _draw_logs(view: View) -> None:
    st.subheader("Audit logs", anchor=False)
    logs = view.published.rows(
        "control_results", filters={"control_id": list(words.LOG_CONTROLS)}, order="occurred_at"
    )
    covered = _results(view, "audit_log_coverage", is_of_period=True)
    st.markdown(words.coverage_sentence(covered["verdict"].to_list()))
    chosen = view.selection
    draw_basis(
        view, "control_results",
        Asked({"control_id": "audit_log_coverage", **chosen.filters},
              ("occurred_date", chosen.since, chosen.until)),
        key="log_coverage",
    )  # fmt: skip
    if logs.is_empty():
        st.markdown(
            "No audit log was read. A table `audit_events` of a source of the kind files holds one."
        )
        return
    st.dataframe(
        words.logs_table(logs.to_dicts()), hide_index=True, height="content", row_height=ROW,
        alt="Each log: whole events, silence, reach",
    )  # fmt: skip
    st.caption("The newest month of each log, of the whole organisation.")
    asked = Asked({"control_id": list(words.LOG_CONTROLS)}, is_filtered=False)
    draw_foot(view, "control_results", asked, logs, export="audit_log_results", key="logs")
