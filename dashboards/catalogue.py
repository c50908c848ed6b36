"""How each metric is spoken of on the pages: labels, nouns and the words for a change."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Spoken:
    """The words for one metric; the definition itself is published with the numbers."""

    metric: str
    label: str
    noun: str
    better: str
    worse: str
    teams_better: str
    teams_worse: str
    all_better: str
    all_worse: str


HEADLINES = (
    Spoken("lead_time_for_changes", "Lead time", "change",
           "faster", "slower", "deliver faster", "deliver more slowly",
           "Changes reach production faster", "Changes reach production more slowly"),
    Spoken("deployment_frequency", "Deployments", "deployment",
           "more often", "less often", "deploy more often", "deploy less often",
           "Deployments are more frequent", "Deployments are less frequent"),
    Spoken("change_failure_rate", "Change failures", "deployment",
           "fewer fail", "more fail", "see fewer deployments fail", "see more deployments fail",
           "Fewer deployments fail", "More deployments fail"),
    Spoken("failed_deployment_recovery_time", "Recovery", "failed deployment",
           "faster", "slower", "recover faster", "recover more slowly",
           "Failed deployments are repaired faster",
           "Failed deployments are repaired more slowly"),
    Spoken("rework_rate", "Rework", "deployment",
           "less", "more", "rework less", "rework more",
           "Fewer deployments are unplanned", "More deployments are unplanned"),
    Spoken("time_to_restore", "Time to restore", "incident",
           "shorter", "longer", "restore service faster", "restore service more slowly",
           "Incidents are over sooner", "Incidents last longer"),
)  # fmt: skip

STAGES = (
    ("coding_time", "Coding", "first commit to ready for review"),
    ("pickup_time", "Waiting for review", "ready to first review"),
    ("review_time", "Review", "first review to approval"),
    ("merge_wait_time", "Waiting for merge", "approval to merge"),
    ("deploy_wait_time", "Waiting for deployment", "merge to start of deployment"),
    ("deploy_run_time", "Deploying", "start to finish of deployment"),
)

REASONS = {
    "bot": "work of a bot",
    "deleted": "deleted in its source",
    "did_not_reach_production": "did not reach production",
    "duplicate": "recorded twice",
    "false_alarm": "false alarm",
    "first_deployment": "first deployment of the service",
    "impact_start_not_stated": "start of impact is not stated",
    "impossible_time": "dated before 1990, or after it was read",
    "merge_commit": "merge commit",
    "missing_start": "start is not known",
    "negative_duration": "ends before it starts",
    "never_acknowledged": "never acknowledged",
    "no_baseline": "first known deployment of the service, so nothing to compare with",
    "not_deployed": "not deployed yet",
    "outside_paths": "changes nothing in the paths of the service",
    "redeploy": "the same version deployed again",
    "rollback": "rolled back to an earlier version",
    "same_incident": "second record of the same incident",
    "same_patch": "copy of a commit that the service has already",
    "severity_below_2": "less severe than severity 2",
    "squashed": "replaced by the original commits of its change",
    "stage_missing": "this stage is not recorded",
    "unmapped_service": "service is not known",
}


def reason_words(reason: str) -> str:
    """Return why rows were left out, in words; an unknown reason is shown as it is spelled."""
    return REASONS.get(reason, reason.replace("_", " "))
