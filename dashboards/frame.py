"""What stands around every page: logo, navigation, filters, banners and the watch for news."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import ModuleType
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import app_pages, states
from dashboards.access import Viewer
from dashboards.catalogue import HEADLINES
from dashboards.filters import draw_filters, ignored_sentence, page_address
from dashboards.gate import admitted, draw_viewer, is_still_admitted, note_refused
from dashboards.lookback import PARAMETER, chosen_build, draw_choice, draw_notice
from dashboards.reader import (
    definitions,
    forget_build,
    history,
    newer_build,
    published_of_session,
    table,
)
from dashboards.safe_text import safe_text
from dashboards.theme import ASSETS, apply_stylesheet
from dashboards.view import View
from dashboards.words import date_words, moment_words
from transforms.home import Home, resolve_home
from transforms.published import SCOPED, Published, PublishedError

WATCH_SECONDS = 20
DEFAULT_LIMIT = timedelta(hours=26)
SECTIONS = ("Overview", "Releases", "Reliability", "Improvement", "Governance", "Data")


def pages(viewer: Viewer | None = None) -> tuple[ModuleType, ...]:
    """Return the page modules of the folder that a viewer sees, as the navigation orders them."""
    names = [found.name for found in pkgutil.iter_modules(app_pages.__path__)]
    modules = [importlib.import_module(f"{app_pages.__name__}.{name}") for name in names]
    modules.sort(key=lambda page: (SECTIONS.index(page.SECTION), page.ORDER))
    return tuple(page for page in modules if viewer is None or _is_for(viewer, page))


def _is_for(viewer: Viewer, page: ModuleType) -> bool:
    return viewer.sees(section=page.SECTION, path=page.URL_PATH)


def show(*, start: str = "", now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Draw the frame and the page that the address names; `start` is opened when it names none."""
    st.set_page_config(page_title="Leadline", page_icon=str(ASSETS / "leadline.png"), layout="wide")
    apply_stylesheet()
    st.logo(str(ASSETS / "leadline.svg"), size="large")
    viewer = admitted()
    if viewer is None:
        return
    home = resolve_home()
    try:
        earlier = chosen_build(home, viewer)
        published = published_of_session(home, scope=viewer.scope, chosen=earlier)
    except PublishedError as error:
        states.show_unreadable(error)
        return
    current: dict[str, View] = {}
    listed: dict[str, list[st.Page]] = {}
    modules = {}
    for index, module in enumerate(pages(viewer)):
        is_default = start == module.URL_PATH if start else index == 0
        page = st.Page(
            _drawing(module, current, viewer),
            title=module.TITLE,
            url_path=module.URL_PATH,
            default=is_default,
        )
        listed.setdefault(module.SECTION, []).append(page)
        modules[module.TITLE] = module
    _note_refused(viewer)
    if not listed:
        states.show_no_page()
        draw_viewer(viewer)
        return
    chosen = st.navigation(listed, position="top")
    if published is None:
        states.show_nothing_published()
        _wait_for_first(home)
        return
    draw_notice(earlier)
    if earlier is None:
        _watch(home, published.build.build_id, viewer)
    current["view"] = _view(modules[chosen.title], published, now(), viewer)
    chosen.run()


def _note_refused(viewer: Viewer) -> None:
    """Tell the audit log where the address names a page that is not for the viewer's role."""
    # Streamlit may put the page it shows instead behind the one that was asked for.
    asked = asked_address().rstrip("/").split("/")[-2:]
    for module in pages():
        if module.URL_PATH in asked and not _is_for(viewer, module):
            note_refused(viewer, module.URL_PATH)


def asked_address() -> str:
    """Return the address in the viewer's browser, without what stands behind a question mark."""
    return st.context.url or ""


def _drawing(module: ModuleType, current: dict[str, View], viewer: Viewer) -> Callable[[], None]:
    def draw() -> None:
        if not _is_for(viewer, module):
            raise PermissionError(f"the page {module.URL_PATH!r} is not for this role")
        module.render(current["view"])

    draw.__name__ = module.URL_PATH.replace("-", "_")
    return draw


def _view(module: ModuleType, published: Published, now: datetime, viewer: Viewer) -> View:
    build = published.build
    zone = ZoneInfo(build.report_timezone)
    as_of = build.as_of.astimezone(zone)
    is_used = getattr(module, "USES_FILTERS", True)
    teams, services = (table(published, build.build_id, name) for name in ("teams", "services"))
    span = history(published, build.build_id, tuple(spoken.metric for spoken in HEADLINES))
    with st.container(key="page_head", horizontal=True, vertical_alignment="center"):
        st.title(module.TITLE, anchor=False, width="stretch")
        selection = draw_filters(
            teams, services, as_of=as_of, span=span, is_used=is_used,
            of_page={**_parameters(module, published), PARAMETER: None},
        )  # fmt: skip
        draw_viewer(viewer)
    view = View(published, selection, zone)
    _say_as_of(view, now, viewer, is_filtered=is_used)
    if getattr(module, "SHOWS_COURSES", False) and viewer.scope and lacks_courses(view):
        st.info(states.NO_COURSES)
    return view


def lacks_courses(view: View) -> bool:
    """Say whether nothing is kept over time for the selection: several teams are no scope."""
    scope, scope_id = view.scope
    known = view.known_rows("scopes", filters={"scope": scope, "scope_id": scope_id})
    return bool(known.columns) and known.is_empty()


def _parameters(module: ModuleType, published: Published) -> Mapping[str, Sequence[str] | None]:
    """Return what a page reads from the address beside the filters."""
    if not hasattr(module, "parameters"):
        return {}
    found: Mapping[str, Sequence[str] | None] = module.parameters(
        definitions(published, published.build.build_id)
    )
    return found


def _say_as_of(view: View, now: datetime, viewer: Viewer, *, is_filtered: bool) -> None:
    chosen = view.selection
    last = chosen.until - timedelta(days=1)
    sample = "Sample data, as of" if view.build.sample_data else "As of"
    said = f"{sample} {moment_words(view.as_of)} {safe_text(view.as_of.tzname())}"
    days = f" · {date_words(chosen.since)} to {date_words(last)}" if is_filtered else ""
    with st.container(horizontal=True, vertical_alignment="center", key="as_of"):
        st.caption(said + days, width="content")
        with st.popover("Copy link", type="tertiary", key="copy_link"):
            st.caption("This page with its filters, as everybody sees it who may open it.")
            st.code(
                page_address(st.context.url or "", chosen.address(), st.query_params.to_dict()),
                language=None,
                wrap_lines=True,
            )
        draw_choice(resolve_home(), viewer, shown=view.build.build_id.partition(SCOPED)[0])
    told = ignored_sentence()
    if told:
        st.info(told)
    if not view.build.sample_data:
        old = states.age_sentence(view.as_of, now=now, limit=DEFAULT_LIMIT)
        if old:
            st.warning(old)


@st.fragment(run_every=WATCH_SECONDS)
def _watch(home: Home, shown: str, viewer: Viewer) -> None:
    if not is_still_admitted(viewer):
        st.rerun()
    try:
        build = newer_build(home, shown=shown)
    except PublishedError:
        st.warning("The newest build cannot be read; this page keeps showing its own.")
        return
    if build is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="news"):
        as_of = build.as_of.astimezone(ZoneInfo(build.report_timezone))
        st.markdown(f"**Newer data is available**, as of {moment_words(as_of)}.")
        if st.button("Show it", type="primary"):
            forget_build()
            st.rerun()


@st.fragment(run_every=WATCH_SECONDS)
def _wait_for_first(home: Home) -> None:
    if newer_build(home, shown="") is not None:
        st.rerun()
