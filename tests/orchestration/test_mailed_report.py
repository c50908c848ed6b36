"""A scheduled report on its whole way: made of a published build, mailed as a PDF, kept as sent."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.commands.deliver import deliver_everything
from orchestration.notify.outbox import read_outbox
from orchestration.run import Context
from orchestration.settings import Environment, parse_settings
from tests.connectors.certificates import make_certificate
from tests.dashboards.estate import make_estate, publish
from tests.orchestration.mail_server import MailServer, serving
from transforms.home import Home

# A Monday, an hour after the report was due; the build is of the day before.
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.system
def test_a_report_that_is_due_arrives_as_one_pdf_with_the_numbers_of_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pypdf import PdfReader

    publish(tmp_path, make_estate(days=120))
    monkeypatch.setenv("MAIL_PASSWORD", "CANARY_0815")
    server = MailServer(certificate=make_certificate(tmp_path, "mail"), password="CANARY_0815")
    context = Context(Home(root=tmp_path), Environment(_env_file=None), clock=lambda: NOW)
    with serving(server):
        assert server.certificate is not None
        settings = parse_settings(
            "network: {private_hosts: [127.0.0.1]}\n"
            "channels:\n  desk: {kind: mail, host: 127.0.0.1, sender: a@acme.example, "
            f"port: {server.port}, to: [b@acme.example], username: leadline, "
            f"password: '${{MAIL_PASSWORD}}', ca_bundle: {server.certificate[0]}}}\n"
            "reports:\n  - {name: weekly, channels: [desk], formats: [pdf], day: mon}\n"
        )
        said = deliver_everything(context, settings)
        again = deliver_everything(context, settings)
    [(receivers, mail)] = server.mails
    assert receivers == ["b@acme.example"]
    [attached] = mail.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "leadline-weekly-2026-11-23.pdf"
    content = attached.get_payload(decode=True)
    assert isinstance(content, bytes)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    for words in ("Release report", "Lead time for changes", "deployments failed"):
        assert words in " ".join(text.split())
    assert len(said) == 1
    assert said[0].startswith("Sent to desk: ")
    assert again == ["Nothing was to be sent."]
    [entry] = read_outbox(tmp_path / "lake")
    assert entry.state == "sent"
