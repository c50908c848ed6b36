"""Send a message by SMTP: TLS that is verified, a login by reference, headers of one line."""

import html
import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from connectors._addresses import AddressBlocked, AddressGuard
from orchestration.notify.messages import Message, one_line, plain_text
from orchestration.notify.sections import Mail
from orchestration.notify.undelivered import Undelivered

SECONDS = 30.0


class _Guarded(smtplib.SMTP):
    """Connects to the address that the guard allows; certificates are checked for the name."""

    guard: AddressGuard

    def __init__(self, host: str, port: int, *, guard: AddressGuard) -> None:
        self.guard = guard
        super().__init__(host, port, timeout=SECONDS, local_hostname="leadline.invalid")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self.guard.choose(host, port), port), timeout)


class _GuardedTls(_Guarded):
    def __init__(
        self, host: str, port: int, *, guard: AddressGuard, context: ssl.SSLContext
    ) -> None:
        self.context = context
        super().__init__(host, port, guard=guard)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


def send_mail(
    mail: Mail, message: Message, *, channel: str, private_hosts: Sequence[str] = ()
) -> None:
    """Hand a message over to the mail server.

    Errors: Undelivered with the reason, never with a credential.
    """
    server: smtplib.SMTP | None = None
    try:
        server = connect_mail(mail, private_hosts=private_hosts)
        refused = server.send_message(compose_mail(mail, message))
    except AddressBlocked:
        raise Undelivered(channel, _private(mail.host)) from None
    except (OSError, smtplib.SMTPException, ValueError) as exc:
        raise Undelivered(channel, _words(exc, mail)) from None
    finally:
        _leave(server)
    if refused:
        raise Undelivered(channel, f"{mail.host} took it not for all of its receivers")


def check_mail(mail: Mail, *, channel: str, private_hosts: Sequence[str] = ()) -> None:
    """Connect and log in, and send nothing.

    Errors: Undelivered.
    """
    server: smtplib.SMTP | None = None
    try:
        server = connect_mail(mail, private_hosts=private_hosts)
        server.noop()
    except AddressBlocked:
        raise Undelivered(channel, _private(mail.host)) from None
    except (OSError, smtplib.SMTPException) as exc:
        raise Undelivered(channel, _words(exc, mail)) from None
    finally:
        _leave(server)


def connect_mail(mail: Mail, *, private_hosts: Sequence[str]) -> smtplib.SMTP:
    """Return a connection that is encrypted and logged in as the settings say.

    Errors: AddressBlocked, OSError, SMTPException.
    """
    guard = AddressGuard(tuple(private_hosts))
    context = ssl.create_default_context(cafile=str(mail.ca_bundle) if mail.ca_bundle else None)
    if mail.security == "none" and mail.host not in private_hosts:
        raise AddressBlocked(mail.host)
    if mail.security == "tls":
        server: smtplib.SMTP = _GuardedTls(mail.host, mail.port, guard=guard, context=context)
    else:
        server = _Guarded(mail.host, mail.port, guard=guard)
    try:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.username and mail.password:
            server.login(mail.username, mail.password.get_secret_value())
    except BaseException:
        server.close()
        raise
    return server


def compose_mail(mail: Mail, message: Message) -> EmailMessage:
    """Return the mail: plain text and HTML, files attached, and an id that stays the same."""
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("Leadline", addr_spec=mail.sender)
    made["To"] = ", ".join(mail.to)
    made["Subject"] = one_line(message.subject)
    made["Message-ID"] = f"<{message.key}@{mail.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Leadline-Key"] = message.key
    made.set_content(plain_text(message))
    made.add_alternative(_html(message), subtype="html")
    for file in message.attachments:
        main, _, sub = file.media_type.partition("/")
        made.add_attachment(file.content, maintype=main, subtype=sub, filename=one_line(file.name))
    return made


def _html(message: Message) -> str:
    rows = "".join(
        f'<p><a href="{html.escape(link)}">{html.escape(line)}</a></p>'
        if link
        else f"<p>{html.escape(line)}</p>"
        for line, link in message.lines
    )
    title = html.escape(one_line(message.subject))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body style="font-family:sans-serif">{rows}</body></html>\n'
    )


def _leave(server: smtplib.SMTP | None) -> None:
    if server is not None:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _private(host: str) -> str:
    return (
        f"{host} has a private address or no encryption; if that is right, name the host below "
        "network: private_hosts in leadline.yml"
    )


def _words(error: Exception, mail: Mail) -> str:
    """Return why a server did not take a mail; what it said may repeat a credential."""
    if isinstance(error, ssl.SSLError):
        return f"the certificate of {mail.host} is not trusted; name your authority as ca_bundle"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{mail.host} refused the login; check username and password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{mail.host} offers no STARTTLS or no login; check port and security"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{mail.host} refused the message (SMTP {error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{mail.host} refused every receiver"
    return f"no lasting connection to {mail.host} ({type(error).__name__}); check host and port"
