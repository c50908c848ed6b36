"""What roles.yml may say, what the server of the pages is told, and what is refused."""

import tomllib
from pathlib import Path

import pytest

from orchestration.access import Access, read_access, scope_id
from orchestration.checks.sign_in import check_sign_in
from orchestration.commands import dashboard as command
from orchestration.commands.terminal import open_context
from orchestration.errors import ConfigurationError
from orchestration.run import Context
from orchestration.sign_in import access_rules, secrets_file
from orchestration.yaml_lines import Document
from transforms.home import Home

TEXT = """
sign_in:
  metadata_url: https://login.example.com/.well-known/openid-configuration
  public_url: https://numbers.example.com/
  client_id: leadline
  client_secret: ${SECRET}
groups:
  bosses: {role: executive}
  payments: {role: analyst, teams: [refunds, payments]}
roles:
  guest: {pages: [Overview]}
"""


@pytest.fixture
def read(tmp_path: Path) -> "Reader":
    return Reader(tmp_path / "roles.yml")


class Reader:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, text: str = TEXT) -> tuple[Access, Document]:
        self.file.write_text(text, encoding="utf-8")
        found = read_access(self.file)
        assert found is not None
        return found


def test_without_the_file_nobody_signs_in(tmp_path: Path) -> None:
    assert read_access(tmp_path / "roles.yml") is None


def test_the_shipped_roles_are_known_beside_the_own(read: Reader) -> None:
    access, _ = read()
    assert {"guest", "executive", "release_manager", "analyst", "auditor", "operator"} == set(
        access.roles
    )
    assert access.sign_in.redirect_uri == "https://numbers.example.com/oauth2callback"


def test_a_scope_is_a_set_of_teams_whatever_their_order(read: Reader) -> None:
    access, _ = read()
    assert access.scopes == {scope_id(("payments", "refunds")): ("payments", "refunds")}
    assert scope_id(("a", "b")) == scope_id(("b", "a")) != scope_id(("ab",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("${SECRET}", "hunter2", "line 6: sign_in.client_secret holds a secret itself"),
        ("https://login", "http://login", "line 3: sign_in.metadata_url .*must be an https"),
        ("https://numbers.example.com/", "https://a.example/x", "without a path"),
        ("role: executive", "role: chief", "no known role"),
        ("[refunds, payments]", "[]", "line 9: groups.payments.teams"),
        ("client_id: leadline", "client: leadline", "sign_in.client"),
        ("pages: [Overview]", "pages: [Overview], may: [fly]", "roles.guest.may"),
    ],
)
def test_a_wrong_line_is_named_and_its_value_is_not_repeated(
    read: Reader, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        read(TEXT.replace(old, new))
    assert "hunter2" not in str(caught.value)


def test_plain_http_is_for_this_machine_only(read: Reader) -> None:
    access, _ = read(TEXT.replace("https://login.example.com", "http://127.0.0.1:9000"))
    assert access.sign_in.metadata_url.startswith("http://127.0.0.1")


def test_the_server_reads_its_secrets_from_a_file_that_ends_with_it(
    read: Reader, tmp_path: Path
) -> None:
    access, document = read()
    home = Home(root=tmp_path / "home")
    secret = 'quo"te \\ back € \x7f'
    with secrets_file(home, access, document, environ={"SECRET": secret}) as file:
        assert file.stat().st_mode & 0o777 == 0o600
        found = tomllib.loads(file.read_text("utf-8"))
        assert found["auth"]["client_secret"] == secret
        assert len(found["auth"]["cookie_secret"]) >= 64
        assert secret not in str(found["access"])
        first = found["auth"]["cookie_secret"]
    assert not file.exists()
    with secrets_file(home, access, document, environ={"SECRET": "x"}) as file:
        assert tomllib.loads(file.read_text("utf-8"))["auth"]["cookie_secret"] == first


def test_a_secret_that_is_not_set_is_named(read: Reader, tmp_path: Path) -> None:
    access, document = read()
    with (
        pytest.raises(ConfigurationError, match="needs the environment variable SECRET"),
        secrets_file(Home(root=tmp_path), access, document, environ={}),
    ):
        pass


def test_the_pages_are_told_groups_in_the_order_of_the_file(read: Reader) -> None:
    rules = access_rules(read()[0])
    assert [(one["name"], one["role"]) for one in rules["groups"]] == [
        ("bosses", "executive"), ("payments", "analyst"),
    ]  # fmt: skip
    assert rules["groups"][1]["scope"] == scope_id(("payments", "refunds"))
    assert "SECRET" not in str(rules)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.1.2.3", "numbers.example.com"])
def test_without_sign_in_the_pages_stay_on_this_machine(address: str, tmp_path: Path) -> None:
    file = tmp_path / "roles.yml"
    with pytest.raises(ConfigurationError, match="leadline init --roles") as caught:
        command.refuse_open_door(address, has_sign_in=False, file=file)
    assert caught.value.exit_code == 2
    command.refuse_open_door(address, has_sign_in=True, file=file)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_needs_no_sign_in(address: str, tmp_path: Path) -> None:
    command.refuse_open_door(address, has_sign_in=False, file=tmp_path / "roles.yml")


def test_the_template_can_be_read_as_it_is_written(tmp_path: Path) -> None:
    from orchestration.commands import configure

    file = tmp_path / "roles.yml"
    configure.init_roles(file=file, force=False)
    found = read_access(file)
    assert found is not None
    assert len(found[0].groups) == 5
    with pytest.raises(ConfigurationError, match="already there"):
        configure.init_roles(file=file, force=False)


def _checks(context: Context, file: Path) -> dict[str, tuple[str, str]]:
    found = check_sign_in(context, settings_file=file.with_name("none.yml"), is_offline=False)
    return {one.name: (one.verdict, one.found) for one in found}


def test_doctor_says_what_is_missing_for_sign_in(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_ROLES", str(read.file))
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    assert _checks(open_context(), read.file)["Sign-in"][0] == "no_data"
    # Nothing listens at port 9 of this machine.
    read(TEXT.replace("https://login.example.com", "http://127.0.0.1:9"))
    monkeypatch.delenv("SECRET", raising=False)
    found = _checks(open_context(), read.file)
    assert found["Sign-in"] == ("fail", "not set: SECRET")
    assert found["Provider"][0] == "fail"
    monkeypatch.setenv("SECRET", "hunter2")
    verdict, told = _checks(open_context(), read.file)["Sign-in"]
    assert verdict == "pass"
    assert "https://numbers.example.com/oauth2callback" in told
    assert "hunter2" not in told
