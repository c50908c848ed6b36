"""What can keep a run from doing its work; each error knows its exit code.

LeadlineError (1)
├── ConfigurationError (2)      leadline.yml, an argument or an environment variable is wrong
├── NothingToRead (3)           there is no data for what was asked
├── NotPublished (5)            the build was kept from being published; readers see the last one
│   ├── BuildFailed             a model failed or gave no rows where rows were expected
│   ├── AuditBlocked            a blocking check failed
│   └── PublishFailed           the build directory could not be written or does not verify
├── SyncIncomplete (6)          at least one source could not be read to its end
└── LockHeld (75)               another run holds the lock

Every message is one sentence that ends with the remedy.
"""


class LeadlineError(Exception):
    """Base of every expected error; its text is shown as it is."""

    exit_code = 1


class ConfigurationError(LeadlineError):
    """The configuration or an argument cannot be used."""

    exit_code = 2


class NothingToRead(LeadlineError):
    """There is no data for what was asked."""

    exit_code = 3


class NotPublished(LeadlineError):
    """The build was kept from being published."""

    exit_code = 5


class BuildFailed(NotPublished):
    """A model failed, or a table that must have rows has none."""


class AuditBlocked(NotPublished):
    """At least one blocking check failed."""


class PublishFailed(NotPublished):
    """The build directory could not be written, or does not verify."""


class SyncIncomplete(LeadlineError):
    """At least one source could not be read to its end."""

    exit_code = 6


class LockHeld(LeadlineError):
    """Another run holds the lock."""

    exit_code = 75
