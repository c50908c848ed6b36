"""How each team's numbers compare with its own period before."""

from collections.abc import Iterator, Sequence

from dashboards.catalogue import Spoken
from dashboards.verdicts import Verdict, compare
from dashboards.view import View


def team_verdicts(view: View, known: Sequence[Spoken]) -> Iterator[tuple[Spoken, str, Verdict]]:
    """Yield how each metric of each team compares, when no team or service is chosen.

    A team without rows in the period is left out.
    """
    chosen = view.selection
    if chosen.before is None or chosen.team_ids or chosen.service_ids:
        return
    for spoken in known:
        direction = view.definitions()[spoken.metric]["direction"]
        now = view.team_windows(spoken.metric, chosen.since, chosen.until)
        before = view.team_windows(spoken.metric, chosen.before, chosen.since)
        for team in view.table("teams").iter_rows(named=True):
            reading = now.get(team["team_id"])
            if reading is not None:
                earlier = before.get(team["team_id"])
                yield (
                    spoken,
                    team["name"],
                    compare(reading, earlier, spoken=spoken, direction=direction),
                )
