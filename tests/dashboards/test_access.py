"""What somebody sees by the groups they are in, and what the frame makes of it."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import streamlit as st
import yaml
from streamlit.testing.v1 import AppTest

from dashboards import access, frame, gate
from dashboards.access import Rules, Viewer, viewer_of
from dashboards.session import Sessions
from dashboards.states import NO_COURSES
from orchestration.access import scope_id
from orchestration.scopes import write_scope
from tests.dashboards.browsing import ROOT
from tests.dashboards.conftest import MAIN
from tests.dashboards.estate import Estate, publish
from transforms.decisions import read_decisions

SHIPPED = yaml.safe_load((ROOT / "dashboards" / "roles.yml").read_text("utf-8"))
GIVEN: dict[str, Any] = {
    "metadata_url": "https://p/.well-known/openid-configuration",
    "groups_claim": "groups",
    "confirm_seconds": 240,
    "roles": SHIPPED,
    "groups": [
        {"name": "ops", "role": "operator", "scope": ""},
        {"name": "pay", "role": "analyst", "scope": "abc"},
        {"name": "all", "role": "analyst", "scope": ""},
        {"name": "chiefs", "role": "executive", "scope": ""},
    ],
}
RULES = Rules(**GIVEN | {"groups": tuple(GIVEN["groups"])})


def _viewer(groups: object) -> Viewer | None:
    return viewer_of(RULES, {"sub": "ada", "groups": groups})


def test_the_first_group_of_the_file_decides() -> None:
    both = _viewer(["all", "pay"])
    assert both is not None
    assert (both.role, both.scope) == ("analyst", "abc")
    operator = _viewer(["all", "pay", "ops"])
    assert operator is not None
    assert operator.role == "operator"


@pytest.mark.parametrize("groups", [[], None, "", ["other"], ["OPS"], {"x": "ops"}])
def test_somebody_in_no_group_of_the_file_is_nobody(groups: object) -> None:
    assert _viewer(groups) is None


def test_a_single_group_may_be_stated_as_text() -> None:
    found = _viewer("all")
    assert found is not None
    assert found.scope == ""


def test_a_section_names_all_its_pages_and_an_address_only_one() -> None:
    viewer = Viewer(name="a", pages=("Releases", "health"), deeds=())
    assert viewer.sees(section="Releases", path="deployment")
    assert viewer.sees(section="Overview", path="health")
    assert not viewer.sees(section="Overview", path="other")
    assert not viewer.may(access.EXPORT)


@pytest.mark.parametrize("role", SHIPPED)
def test_the_shipped_roles_name_sections_or_pages_that_there_are(role: str) -> None:
    paths = {page.URL_PATH for page in frame.pages()}
    assert set(SHIPPED[role]["pages"]) <= {*frame.SECTIONS, *paths}
    assert set(SHIPPED[role]["may"]) <= {access.EXPORT, access.SQL, access.JUDGE}


def test_every_page_is_seen_by_some_role() -> None:
    for page in frame.pages():
        assert any(page.SECTION in role["pages"] for role in SHIPPED.values()), page.__name__


def _open(
    home: object, monkeypatch: pytest.MonkeyPatch, claims: object, start: str, **query: str
) -> AppTest:
    monkeypatch.setenv("LEADLINE_HOME", str(home))
    monkeypatch.setattr(gate, "claims_of_session", lambda: claims)
    monkeypatch.setattr(gate, "token_of_session", lambda: "t")
    monkeypatch.setattr(gate, "SESSIONS", Sessions(lambda _url, _token: None))
    page = AppTest.from_string(MAIN.format(start=start), default_timeout=30)
    page.secrets["access"] = {"rules": json.dumps(GIVEN)}
    for key, value in query.items():
        page.query_params[key] = value
    return page.run()


def _claims(*groups: str, exp: float = 4e9) -> dict[str, object]:
    return {"iss": "i", "sub": "ada", "iat": 1, "exp": exp, "groups": list(groups)}


def test_nobody_is_asked_to_sign_in_and_sees_no_number(
    published_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _open(published_home, monkeypatch, None, "")
    assert [one.value for one in page.title] == ["Sign in to Leadline"]
    assert len(page.selectbox) == 0


def test_an_expired_sign_in_says_so_and_shows_no_number(
    published_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _open(published_home, monkeypatch, _claims("all", exp=10), "")
    assert "expired" in page.warning[0].value
    assert len(page.selectbox) == 0


def test_a_viewer_is_named_by_the_provider(
    published_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _open(published_home, monkeypatch, _claims("all"), "")
    assert not page.exception
    assert page.session_state["leadline_viewer"].name == "ada"
    assert any("analyst" in one.value for one in page.caption)


def test_a_page_that_is_not_for_the_role_does_not_draw() -> None:
    viewer = Viewer(name="a", pages=("Overview",), deeds=())
    module = next(page for page in frame.pages() if page.SECTION == "Releases")
    with pytest.raises(PermissionError):
        frame._drawing(module, {}, viewer)()


def _refusals(home: Path) -> list[tuple[str, str, str, str]]:
    return [
        (one.who, one.verdict, one.subject, one.reason)
        for one in read_decisions(home / "lake")
        if one.kind == "access" and one.verdict == "refused"
    ]


def test_asking_for_a_page_that_is_not_for_the_role_is_kept_once_a_sign_in_and_page(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, estate)
    hidden = next(one for one in frame.pages() if not _seen_by("executive", one)).URL_PATH
    seen = next(one for one in frame.pages() if _seen_by("executive", one)).URL_PATH
    asked = [f"http://x/{hidden}"]
    monkeypatch.setattr(frame, "asked_address", lambda: asked[-1])
    page = _open(tmp_path, monkeypatch, _claims("chiefs"), "")
    assert _refusals(tmp_path) == [("ada", "refused", f"page:{hidden}", "role:executive")]
    page.run()
    asked.append(f"http://x/{hidden}/{seen}")
    page.run()
    assert len(_refusals(tmp_path)) == 1
    _open(tmp_path, monkeypatch, _claims("chiefs"), "")
    assert len(_refusals(tmp_path)) == 2


def test_a_page_of_the_role_and_an_address_that_is_no_page_are_no_refusals(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, estate)
    seen = next(one for one in frame.pages() if _seen_by("executive", one)).URL_PATH
    for path in (seen, "", "nothing-here"):
        monkeypatch.setattr(frame, "asked_address", lambda path=path: f"http://x/{path}")
        _open(tmp_path, monkeypatch, _claims("chiefs"), "")
    assert _refusals(tmp_path) == []


def _seen_by(role: str, page: Any) -> bool:
    named = SHIPPED[role]["pages"]
    return page.SECTION in named or page.URL_PATH in named


def test_who_sees_several_teams_is_told_why_pictures_of_all_of_them_have_no_data(
    tmp_path: Path, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = publish(tmp_path, estate)
    _add_scopes(build / "warehouse.duckdb")
    monkeypatch.setitem(GIVEN["groups"][1], "scope", scope_id(("Payments", "Search")))
    for teams in (("Payments",), ("Payments", "Search")):
        scoped = build / "scopes" / scope_id(teams) / "warehouse.duckdb"
        write_scope(build / "warehouse.duckdb", scoped, teams=list(teams))
    several = _open(tmp_path, monkeypatch, _claims("pay"), "")
    assert NO_COURSES in [one.value for one in several.info]
    assert not several.exception
    chosen = _open(tmp_path, monkeypatch, _claims("pay"), "", team="Payments")
    assert NO_COURSES not in [one.value for one in chosen.info]
    monkeypatch.setitem(GIVEN["groups"][1], "scope", scope_id(("Payments",)))
    alone = _open(tmp_path, monkeypatch, _claims("pay"), "")
    assert NO_COURSES not in [one.value for one in alone.info]


def _add_scopes(file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create table v1.scopes as"
            " select 'organisation' as scope, 'all' as scope_id, '' as name"
            " union all select 'team', team_id, name from v1.teams"
        )


def test_a_scope_that_is_not_published_yet_shows_no_number(
    published_home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = _open(published_home, monkeypatch, _claims("pay"), "")
    assert "for your teams yet" in page.error[0].value
    assert len(page.selectbox) == 0


def test_a_server_that_was_started_with_sign_in_never_goes_on_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(st.secrets, "load_if_toml_exists", lambda: False)
    assert access.rules() is None
    monkeypatch.setenv("LEADLINE_SIGN_IN", "required")
    with pytest.raises(RuntimeError, match="start again"):
        access.rules()
