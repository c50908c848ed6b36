"""How each team's numbers compare with its own period before."""

from collections.abc import Iterator, Sequence

from dashboards.catalogue import Spoken
from dashboards.verdicts import Verdict, compare
from dashboards.view import View


def team_verdicts(view: View, known: Sequence[Spoken]) -> Iterator[tuple[Spoken, str, Verdict]]:
    """Yield how each metric of each team compares, when no team or service is chosen.

    A team with too few rows to say anything is left out, so its earlier period is not read.
    """
    chosen = view.selection
    if chosen.before is None or chosen.team_ids or chosen.service_ids:
        return
    for spoken in known:
        direction = view.definitions()[spoken.metric]["direction"]
        for team in view.table("teams").iter_rows(named=True):
            ids = (team["team_id"],)
            now = view.window(spoken.metric, chosen.since, chosen.until, team_ids=ids)
            if now.is_known and not now.is_small:
                before = view.window(spoken.metric, chosen.before, chosen.since, team_ids=ids)
                verdict = compare(now, before, spoken=spoken, direction=direction)
                yield spoken, team["name"], verdict
