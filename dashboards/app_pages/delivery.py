"""Lead-time stages: where a change's time goes, and how often and how many go out."""

from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.catalogue import STAGES
from dashboards.explain import draw_explain, explain
from dashboards.pictures import draw_picture
from dashboards.reading import Reading
from dashboards.series import own_range
from dashboards.theme import palette
from dashboards.view import View
from dashboards.words import count_words, duration_words, percent_words

SHOWS_COURSES = True
TITLE, SECTION, ORDER, URL_PATH = "Lead-time stages", "Improvement", 1, "delivery"
LONG_DAYS, LEAST_WEEKS = 400, 13
LEAD_TIME = "lead_time_for_changes"
TRENDS = (
    (LEAD_TIME, "Lead time, median", "line"),
    ("deployment_frequency", "Deployments per week", "bars"),
    ("deployment_batch_size", "Changes in one deployment, median", "line"),
)


def render(view: View) -> None:
    """Draw the page."""
    whole = view.now(LEAD_TIME)
    stages = [(label, view.now(name)) for name, label, _ in STAGES if name in view.definitions()]
    parts = [(label, stage) for label, stage in stages if stage.is_known]
    st.markdown(f"#### {stages_sentence(whole, parts)}")
    draw_explain(view, LEAD_TIME, key="answer")
    with st.container(horizontal=True, vertical_alignment="center", key="stages_head"):
        st.subheader("Where the time goes", anchor=False, width="stretch")
        as_tables = st.toggle("Show as tables", key="delivery_as_tables")
        if st.button("Explain this number", key="explain_stages", type="tertiary"):
            explain(view, LEAD_TIME)
    if parts:
        _draw_stages(whole, parts, as_tables=as_tables)
    else:
        st.caption("Stages are known for pull and merge requests; none is in this selection.")
    _draw_trends(view, as_tables=as_tables)


def stages_sentence(whole: Reading, parts: list[tuple[str, Reading]]) -> str:
    """Return the page's first sentence: how long a change takes, and its longest part."""
    if not whole.is_known:
        return "No change reached production in this period."
    start = f"Half of {count_words(whole.n, 'change')} took up to {duration_words(whole.value)}"
    total = sum(part.numerator or 0.0 for _, part in parts)
    if not total:
        return f"{start} from commit to production."
    label, largest = max(parts, key=lambda pair: pair[1].numerator or 0.0)
    share = percent_words((largest.numerator or 0.0) / total, n=1)
    return f"{start}; {share} of all time is {label.lower()}."


def stages_table(whole: Reading, parts: list[tuple[str, Reading]]) -> pl.DataFrame:
    """Return the stages as words, with the whole below them."""
    spans = {label: span for _, label, span in STAGES}
    return pl.DataFrame(
        [
            {
                "Stage": label,
                "From and to": spans.get(label, "first commit to production"),
                "Mean": duration_words(part.mean),
                "Median": duration_words(part.value),
                "One in ten over": duration_words(part.p90),
                "n": f"{part.n:,}",
            }
            for label, part in [*parts, ("All stages", whole)]
        ]
    )


def _draw_stages(whole: Reading, parts: list[tuple[str, Reading]], *, as_tables: bool) -> None:
    frame = stages_table(whole, parts)
    if as_tables:
        st.dataframe(frame, hide_index=True, alt="Lead time by stage as a table")
        return
    said = "; ".join(f"{label} {duration_words(part.mean)}" for label, part in parts)
    most = max(part.n for _, part in parts)
    st.markdown(
        "**All time from first commit to production, by stage** (the parts add up; "
        f"{count_words(most, 'change')} with a pull or merge request)"
    )
    st.plotly_chart(
        charts.parts_of_time(parts, colours=palette()), theme=None, config=charts.CONFIG,
        key="stages_time", alt=f"Share of the time by stage. Means: {said}",
    )  # fmt: skip
    st.markdown("**Median of each stage** (medians do not add up; one change in ten takes longer "
                "than the tick)")  # fmt: skip
    st.plotly_chart(
        charts.dots(parts, colours=palette()), theme=None, config=charts.CONFIG,
        key="stages_median", alt=f"Median and nine-in-ten limit of each stage. Means: {said}",
    )  # fmt: skip


def _draw_trends(view: View, *, as_tables: bool) -> None:
    chosen, known = view.selection, view.definitions()
    days = (chosen.until - chosen.since).days
    grain = "month" if days > LONG_DAYS else "week"
    since = min(chosen.since, chosen.until - timedelta(weeks=LEAST_WEEKS))
    st.subheader("By month" if grain == "month" else "By week", anchor=False)
    with st.container(key="multiples"):
        for metric, title, shape in TRENDS:
            if metric not in known:
                continue
            points = view.points(metric, grain=grain, since=since)
            if shape == "bars":
                figure = charts.bars(points, colours=palette())
            else:
                limits = own_range(points)
                figure = charts.trend(points, colours=palette(), own_range=limits, height=220)
            with st.container(key=f"course_{metric}", gap=None):
                draw_picture(figure, points, title=title, key=metric, as_table=as_tables)
                draw_explain(view, metric, key="periods")
