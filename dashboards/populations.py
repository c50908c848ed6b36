"""Populations in words and tables: what was read, what became of each member, what agrees."""

import polars as pl

from dashboards.safe_text import plain_text
from dashboards.words import DASH, count_words, moment_words, percent_words

OUTCOMES = {
    "named": "named a change request",
    "correlated": "named by a change request",
    "planned_window": "linked by service and planned time alone",
    "none": "without change request",
    "deployed": "with a deployment",
    "configured": "with a change of configuration",
    "phantom": "implemented without a trace",
    "no_service": "names no service, cannot be looked for",
    "before_deployments": "before the first known deployment",
    "called_off": "called off",
    "not_implemented": "not implemented",
    "matched": "declared and discovered, equal",
    "attribute_mismatch": "declared and discovered, differing",
    "declared_only": "declared only",
    "duplicate": "declared more than once",
    "discovered_only": "discovered only",
    "retired_but_alive": "called retired, seen alive",
    "ambiguous": "more than one match",
}


def population_sentence(months: pl.DataFrame) -> str:
    """Return the page's first sentence: whether both populations add up."""
    if months.is_empty():
        return "No deployment or change request of this selection is known."
    ends = []
    for direction, noun in (("deployments", "deployment"), ("change_requests", "change request")):
        of = months.filter(pl.col("direction") == direction)
        ends.append(count_words(int(of["item_count"].sum()), noun))
    is_whole = bool((months["listed_count"] == months["total_count"]).all())
    state = "every one is accounted for" if is_whole else "they do not add up to their populations"
    return f"{ends[0]} and {ends[1]} of whole months were compared; {state}."


def read_table(runs: pl.DataFrame) -> pl.DataFrame:
    """Return what was read of each source and stream, with the total that the source stated."""
    told = runs.group_by("source", "stream").agg(
        pl.col("row_count").sum().alias("Rows read"),
        pl.col("page_count").sum().alias("Pages"),
        pl.col("reported_total").max().alias("Source says"),
        (pl.col("status") != "complete").sum().alias("Runs not complete"),
        pl.col("finished_at").max().alias("Last read"),
    )
    return (
        told.sort("source", "stream")
        .with_columns(
            pl.col("source").map_elements(plain_text, return_dtype=pl.String),
            pl.col("stream").str.replace_all("_", " "),
            pl.col("Last read").map_elements(moment_words, return_dtype=pl.String),
            pl.col("Source says")
            .map_elements(lambda total: f"{total:,}", return_dtype=pl.String)
            .fill_null(DASH),
        )
        .rename({"source": "Source", "stream": "Stream"})
    )


def months_table(months: pl.DataFrame) -> pl.DataFrame:
    """Return one row a month with the number of each outcome and their sum."""
    sums = months.group_by("period_start_date", "outcome").agg(pl.col("item_count").sum())
    wide = sums.sort("period_start_date").pivot("outcome", index="period_start_date")
    shown = [name for name in OUTCOMES if name in wide.columns]
    counted = wide.with_columns(
        *(pl.col(name).fill_null(0) for name in shown),
        pl.sum_horizontal(pl.col(name).fill_null(0) for name in shown).alias("All"),
        pl.col("period_start_date").dt.strftime("%b %Y").alias("Month"),
    )
    names = {name: OUTCOMES[name].capitalize() for name in shown}
    return counted.select("Month", *shown, "All").rename(names)


def items_table(items: pl.DataFrame) -> pl.DataFrame:
    """Return the number of items by outcome, the most first."""
    counts = items.group_by("outcome").len("Items").sort("Items", descending=True)
    return counts.select(
        pl.col("outcome")
        .map_elements(lambda name: OUTCOMES.get(name, name).capitalize(), return_dtype=pl.String)
        .alias("Outcome"),
        "Items",
    )


def items_sentence(items: pl.DataFrame, held: str) -> str:
    """Return on how many items the CMDB and discovery agree."""
    if items["observed_item_id"].null_count() == items.height:
        declared = count_words(items.height, "item is", "items are")
        return f"{declared} declared. No source of discovery is read, so nothing can be compared."
    matched = int((items["outcome"] == "matched").sum())
    share = percent_words(matched / items.height, n=items.height)
    limit = f"; {held}" if held else ""
    return f"{matched:,} of {count_words(items.height, 'item')} agree ({share}){limit}."
