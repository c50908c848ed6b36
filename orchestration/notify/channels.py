"""The channels of leadline.yml, with their references resolved, and one way to use any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from orchestration.notify.mail import check_mail, send_mail
from orchestration.notify.messages import Message
from orchestration.notify.sections import Channel, Mail
from orchestration.notify.webhook import check_address, send_webhook
from orchestration.references import resolve, variables
from orchestration.settings import Settings, process_variables
from orchestration.yaml_lines import validation_error

_CHANNEL: TypeAdapter[Channel] = TypeAdapter(Channel)


@dataclass(frozen=True)
class OpenChannel:
    """A channel that can be used; `private_hosts` are those that the settings allow."""

    name: str
    section: Channel
    private_hosts: tuple[str, ...]
    clock: Callable[[], datetime]

    @property
    def takes_files(self) -> bool:
        """Say whether a report can go along as a file."""
        return isinstance(self.section, Mail)

    def send(self, message: Message) -> None:
        """Hand one message over. Errors: Undelivered."""
        if isinstance(self.section, Mail):
            send_mail(self.section, message, channel=self.name, private_hosts=self.private_hosts)
            return
        send_webhook(
            self.section,
            message,
            channel=self.name,
            clock=self.clock,
            private_hosts=self.private_hosts,
        )

    def check(self) -> str:
        """Say what was found without sending anything. Errors: Undelivered."""
        if isinstance(self.section, Mail):
            check_mail(self.section, channel=self.name, private_hosts=self.private_hosts)
            return f"{self.section.host} lets us in, {len(self.section.to)} receiver(s)"
        url = self.section.url.get_secret_value()
        check_address(url, channel=self.name, private_hosts=self.private_hosts)
        return "its address can be used; a webhook is not asked without a message"


def open_channel(
    settings: Settings,
    name: str,
    *,
    clock: Callable[[], datetime],
    environ: Mapping[str, str] | None = None,
) -> OpenChannel:
    """Return a channel with its secrets; here, and only here, they are read.

    Errors: ConfigurationError with the line, never with a value.
    """
    place = ("channels", name)
    values = resolve(
        settings.document.values["channels"][name],
        place=place,
        document=settings.document,
        environ=process_variables() if environ is None else environ,
    )
    try:
        section = _CHANNEL.validate_python(values)
    except ValidationError as exc:
        raise validation_error(settings.document, place, exc) from None
    return OpenChannel(
        name=name,
        section=section,
        private_hosts=settings.company.network.private_hosts,
        clock=clock,
    )


def channel_variables(settings: Settings) -> list[str]:
    """Return the environment variables that the channels refer to."""
    return variables(settings.document.values.get("channels") or {})
