"""What kept a message from being delivered."""

from orchestration.errors import LeadlineError


class Undelivered(LeadlineError):
    """A channel did not take a message; it waits in the outbox for the next try."""

    def __init__(self, channel: str, reason: str) -> None:
        """Keep the reason beside the name of the channel."""
        self.channel = channel
        self.reason = reason
        super().__init__(f"Channel {channel}: {reason}.")
