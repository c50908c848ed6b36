"""What the published build knows that decides whether an exemption may be granted or approved."""

from dataclasses import dataclass
from functools import cached_property

from pydantic import SecretStr

from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.exemptions import EVERY_CONTROL
from orchestration.keys import pseudonym, pseudonym_key
from orchestration.policy.controls import known_controls
from orchestration.policy.thresholds import threshold_defaults
from orchestration.run import Context
from orchestration.spelling import meant
from transforms.published import NothingPublished, Published, UnknownTable, open_published

ROLE = "exemption"
# Where each kind of subject stands: its table and key.
PLACES = {
    "deployment": ("fct_deployments", "deployment_id"),
    "change_request": ("change_requests", "change_request_id"),
    "service": ("services", "service_id"),
}


@dataclass(frozen=True)
class Known:
    """A published build, or nothing where none is asked; people are compared by pseudonym."""

    published: Published | None
    key: SecretStr
    is_unchecked: bool

    def threshold(self, name: str) -> float:
        """Return the value that the build holds against, else the one that Leadline ships."""
        for row in self._rows("thresholds", threshold_key=name):
            return float(str(row["value"]))
        return next(
            float(row["value"]) for row in threshold_defaults() if row["threshold_key"] == name
        )

    def person(self, who: str) -> str:
        """Return the pseudonym of the person behind a login or an address."""
        own = pseudonym(who, key=self.key)
        return self._aliases.get(own, own)

    def may_approve(self, person: str) -> bool:
        """Whether a person may approve exemptions: anybody where the policy names nobody."""
        rows = self._rows("approver_roles", role_name=ROLE)
        named = {str(row["person_id"]) for row in rows if row["held_to_at"] is None}
        return not named or person in named

    def authors(self, deployment_id: str) -> set[str]:
        """Return who wrote or made a deployment, as far as it is known."""
        makers = self._rows("fct_deployments", deployment_id=deployment_id)
        commits = self._rows("fct_commits", deployment_id=deployment_id)
        shas = [row["commit_sha"] for row in commits]
        shas += [row["commit_sha"] for row in makers if row["commit_sha"]]
        authors = self._rows("commits", commit_sha=shas) if shas else []
        found = {row["actor_id"] for row in makers} | {row["author_id"] for row in authors}
        return {str(one) for one in found if one}

    def requesters(self, change_request_id: str) -> set[str]:
        """Return who asked for a change request, in any version of it."""
        rows = self._rows("change_requests", change_request_id=change_request_id)
        return {str(row["requester_id"]) for row in rows if row["requester_id"]}

    def exemption_states(self) -> dict[str, str]:
        """Return the state of each exemption that the build knows."""
        return {str(row["exemption_id"]): str(row["state"]) for row in self._rows("exemptions")}

    def require(
        self, control_ids: tuple[str, ...], subject_type: str, subject_id: str | None
    ) -> None:
        """Refuse controls that do not exist, and subjects that the build does not have.

        Errors: ConfigurationError.
        """
        for one in control_ids:
            if one not in known_controls() | {EVERY_CONTROL}:
                told = meant(one, known_controls())
                raise ConfigurationError(f"There is no control {one!r}; {told}.")
        if self.is_unchecked or subject_type not in PLACES:
            return
        table, column = PLACES[subject_type]
        if not self._rows(table, **{column: subject_id}):
            raise ConfigurationError(
                f"There is no {subject_type} {subject_id!r} in the published build; "
                f'`leadline sql "select {column} from {table}"` lists them, --unchecked keeps it '
                "anyway."
            )

    @cached_property
    def _aliases(self) -> dict[str, str]:
        rows = self._rows("identity_aliases")
        return {str(row["alias_id"]): str(row["person_id"]) for row in rows}

    def _rows(self, table: str, **filters: object) -> list[dict[str, object]]:
        if self.published is None:
            return []
        try:
            return self.published.rows(table, filters=filters).to_dicts()
        except UnknownTable:
            return []


def known_build(context: Context, *, is_unchecked: bool) -> Known:
    """Return what is published to check against; with `is_unchecked` that may be nothing.

    Errors: NothingToRead.
    """
    key = pseudonym_key(context.home, environment=context.environment)
    try:
        published = open_published(context.home)
    except NothingPublished:
        if not is_unchecked:
            raise NothingToRead(
                f"Nothing is published in {context.home.published} to check the exemption "
                "against; run `leadline build`, or give --unchecked."
            ) from None
        return Known(published=None, key=key, is_unchecked=True)
    return Known(published=published, key=key, is_unchecked=is_unchecked)


def refuse_author(
    known: Known, subject_type: str, subject_id: str | None, *, who: str, deed: str
) -> None:
    """Refuse that somebody lifts a control for work of their own.

    Errors: ConfigurationError.
    """
    if subject_id is None:
        return
    involved = {"deployment": known.authors, "change_request": known.requesters}.get(subject_type)
    if involved is not None and known.person(who) in involved(subject_id):
        raise ConfigurationError(
            f"{who} wrote, made or asked for {subject_id} and cannot {deed} an exemption for it; "
            "ask somebody else."
        )
