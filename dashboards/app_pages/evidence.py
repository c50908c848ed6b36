"""Evidence: the packages that auditors take away, how complete they are, and what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from dashboards.bases import Asked, draw_basis, draw_foot
from dashboards.evidence_words import (
    chain_table,
    completeness_table,
    packages_sentence,
    places_words,
    scope_words,
)
from dashboards.incidents import local, page_link
from dashboards.safe_text import safe_text
from dashboards.view import View
from dashboards.words import moment_words

TITLE, SECTION, ORDER, URL_PATH = "Evidence", "Governance", 9, "evidence"
USES_FILTERS = False
BUILD = "leadline evidence build --release VERSION --service SERVICE --out FOLDER"
VERIFY = "leadline evidence verify PACKAGE.zip --previous EARLIER.zip --key PUBLIC_KEY"


def parameters(_known: Mapping[str, object]) -> dict[str, Sequence[str] | None]:
    """Return what this page reads from the address beside the filters."""
    return {"package": None}


def render(view: View) -> None:
    """Draw the page: the packages in one sentence, one of them in detail, then the chain."""
    packages = view.known_rows("evidence_packages", filters={}, order="-made_at")
    st.markdown(f"#### {packages_sentence(packages)}")
    if packages.is_empty():
        st.markdown(
            "A package holds what the controls found about a release or a service, the rows behind "
            "it and the policy, signed so that an auditor can check it offline. Make one with the "
            "first command; the next `leadline run` lists it here."
        )
        _draw_commands()
        return
    _draw_one(view, packages)
    st.subheader("The chain", anchor=False)
    st.caption("Newest first. Each package holds the digest of the one before it.")
    st.dataframe(
        chain_table(view, packages), hide_index=True, height="content",
        alt="Packages of evidence, the newest first",
    )  # fmt: skip
    draw_foot(
        view, "evidence_packages", Asked(is_filtered=False), packages, export="evidence_packages"
    )
    _draw_commands()


def _draw_one(view: View, packages: pl.DataFrame) -> None:
    rows = {row["package_sha256"]: row for row in packages.iter_rows(named=True)}
    names = {
        key: f"{scope_words(row)}, {moment_words(local(view, row['made_at']))}"
        for key, row in rows.items()
    }
    asked = st.query_params.get("package", "")
    keys = list(rows)
    chosen = st.selectbox(
        "Package", keys, index=keys.index(asked) if asked in rows else 0, key="package_choice",
        format_func=names.__getitem__,
    )  # fmt: skip
    if asked and asked not in rows:
        st.info("The address names a package that is not in this build; the newest is shown.")
    row = rows[str(chosen)]
    st.markdown(
        f"{row['filled_count']:,} of {row['required_count']:,} places for evidence are filled. "
        f"As of {moment_words(local(view, row['as_of_at']))}. Digest `{row['package_sha256']}`."
    )
    controls = view.known_rows(
        "evidence_package_controls", filters={"package_sha256": chosen}, order="control_id"
    )
    st.dataframe(
        completeness_table(controls), hide_index=True, height="content",
        column_config={
            "Evidence there": st.column_config.ProgressColumn(format="percent", max_value=1.0)
        },
        alt="Controls of the package with how much of their evidence is there",
    )  # fmt: skip
    st.caption("What has no data is not shown to hold: it never counts as satisfied.")
    draw_basis(
        view, "evidence_package_controls",
        Asked({"package_sha256": str(chosen)}, is_filtered=False),
    )  # fmt: skip
    _draw_missing(row)
    st.markdown(
        f"Every subject behind a control is on [Control matrix]({page_link(view, 'controls')})."
    )


def _draw_missing(row: Mapping[str, Any]) -> None:
    if not row["missing_count"]:
        return
    with st.expander(f"What is missing: {places_words(row['missing_count'])}"):
        for one in row["missing"] or ():
            st.markdown(f"- {safe_text(one, limit=200)}")
        more = row["missing_count"] - len(row["missing"] or ())
        if more > 0:
            st.caption(f"{more:,} more are in report.html of the package.")


def _draw_commands() -> None:
    st.subheader("Make one, and check one", anchor=False)
    st.code(BUILD, language=None, wrap_lines=True)
    st.code(VERIFY, language=None, wrap_lines=True)
    st.caption(
        "Each package also holds the program that checks it without Leadline and network; "
        "it needs Python and the library cryptography, and better comes from elsewhere than from "
        "the package. `leadline evidence list` shows the public key."
    )
