"""The report in a browser: that it works, asks for nothing, and runs nothing that a capture says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import analyzer as ka
from benchmarks.generate import Settings, generate
from tests.helpers.chromium import Browser
from tests.helpers.reports import column, document, named_capture
from tests.helpers.timeline import timeline
from tests.project.modules import ROOT

pytestmark = pytest.mark.chromium

RECORDED = ROOT / "captures" / "recorded"

TAGS = """</script><script>document.title = 1</script><img src=x onerror="document.title = 1"><b id=bold>"""
ONE_WAY = """
    0.000   c>s   S   0
    0.020   c>s   A   1:1
    1.000   c>s   PA  1+5:1
    2.000   c>s   PA  6+5:1
"""
ENTER, ESCAPE, DOWN, END, TAB = (
    ("Enter", 13, "\r"),
    ("Escape", 27),
    ("ArrowDown", 40),
    ("End", 35),
    ("Tab", 9),
)
ROWS = ".connections tr[data-place]"


@pytest.fixture
def page(browser: Browser) -> Browser:
    browser.window(1280, 900)
    browser.media()
    return browser


@pytest.fixture
def quiet(page: Browser) -> Any:
    """Whatever the test did, the page complained of nothing and asked for nothing."""
    yield page
    assert page.complaints() == []
    assert page.requests() == []


@pytest.fixture
def total(many: Path) -> int:
    """How many connections the recordings have."""
    return int(document(many)["flows_of"])


def listed(page: Browser, place: int = 2) -> list[str]:
    """A column of the rows in sight."""
    return page.texts(f"{ROWS} td:nth-child({place})")


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads(quiet: Browser, many: Path, total: int, width: int, scheme: str) -> None:
    quiet.window(width)
    quiet.media(scheme=scheme)
    quiet.open(many)
    assert quiet.text("h1") == f"Connections of {len(document(many)['captures'])} captures"
    assert quiet.text("#listed") == f"{total} connections"
    assert quiet.run("document.documentElement.scrollWidth <= innerWidth")
    ground = quiet.run("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 29)")


def test_the_policy_holds(page: Browser, outage: Path) -> None:
    """What a page that was fooled would do is refused by the browser, each by its own directive."""
    page.open(outage)
    page.run("window.refused = []; void 0")
    page.run("addEventListener('securitypolicyviolation', e => refused.push(e.effectiveDirective))")
    script = "Object.assign(document.createElement('script'), {text: 'window.ran = 1'})"
    base = "Object.assign(document.createElement('base'), {href: 'https://example.com/'})"
    for attempt, directive in (
        ("document.body.innerHTML = '<p>markup</p>'", "require-trusted-types-for"),
        (f"document.body.append({script})", "require-trusted-types-for"),
        ("fetch('https://example.com/')", "connect-src"),
        ("document.body.append(Object.assign(new Image(), {src: 'https://example.com/'}))", "img-src"),
        ("document.body.setAttribute('style', 'background: red')", "style-src-attr"),
        (f"document.head.append({base})", "base-uri"),
    ):
        page.run(f"(async () => {{ try {{ await ({attempt}) }} catch {{}} }})()")
        page.settle()
        assert page.run("refused.splice(0)")[:1] == [directive], attempt
    assert page.run("window.ran") is None and page.text("h1")


def test_names_with_tags_stay_names(quiet: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "<"
    folder.joinpath("script><img src=x onerror=alert(1)>").mkdir(parents=True)
    capture = folder / "script><img src=x onerror=alert(1)>" / "<svg onload=alert(1)>.pcapng"
    capture.write_bytes(named_capture(timeline(ONE_WAY).records, TAGS))
    report = tmp_path / "report.html"
    ka.analyze(capture).report(report)
    assert "<b id=bold>" not in report.read_text(encoding="utf-8")
    quiet.open(report)
    assert quiet.run("document.title") == "Connections of <svg onload=alert(1)>.pcapng"
    assert TAGS in quiet.text("#captures")
    assert f"capture filter: {TAGS}" in quiet.text("#findings")
    assert quiet.run("document.querySelectorAll('img, #bold, svg[onload]').length") == 0
    assert quiet.run("document.scripts.length") == 2


def test_sorting(quiet: Browser, many: Path) -> None:
    quiet.open(many)
    first = listed(quiet)
    assert "peer_dead" in first[0]
    head = "th:has(button[value=answered])"
    for order in ("ascending", "descending", None):
        quiet.click(f"{head} button")
        assert quiet.run(f"document.querySelector('{head}').getAttribute('aria-sort')") == order
        counts = [int(each.split("/")[1]) for each in listed(quiet, 6) if each]
        if order:
            assert counts == sorted(counts, reverse=order == "descending") and counts
    assert listed(quiet) == first


def test_only_rows_in_sight_are_there(quiet: Browser, many: Path, total: int) -> None:
    quiet.open(many)
    assert 10 < len(listed(quiet)) < 60
    quiet.run("document.querySelector('.scroller').scrollTop = 1e9")
    quiet.settle()
    rows = quiet.run(f"document.querySelector('{ROWS}:last-of-type, {ROWS}').parentNode.children.length")
    assert rows < 62
    places = quiet.run(f"[...document.querySelectorAll('{ROWS}')].map(e => +e.dataset.place)")
    assert places[-1] == total - 1 and places == list(range(places[0], total))
    assert quiet.run("document.querySelector('.connections').getAttribute('aria-rowcount')") == str(total + 1)


def test_searching(quiet: Browser, many: Path, total: int) -> None:
    quiet.open(many)
    quiet.click("#search")
    quiet.type("peer_rebooted 50001")
    rebooted = column(document(many), "verdict").count("peer_rebooted")
    assert quiet.text("#listed") == f"{rebooted} of {total} connections"
    assert all("peer_rebooted" in each for each in listed(quiet))
    quiet.type(" nowhere")
    assert quiet.text("#listed") == f"0 of {total} connections" and listed(quiet) == []


def test_verdicts_choose(quiet: Browser, many: Path, total: int) -> None:
    quiet.open(many)
    verdicts = column(document(many), "verdict")
    stalled, still_open = verdicts.count("stalled"), verdicts.count("open")
    quiet.click(".chip[value=stalled]")
    assert quiet.text("#listed") == f"{stalled} of {total} connections"
    quiet.click(".chip[value=open]")
    assert quiet.text("#listed") == f"{stalled + still_open} of {total} connections"
    quiet.click(".chip[value=stalled]")
    assert quiet.run("document.querySelector('.chip[value=stalled]').getAttribute('aria-pressed')") == "false"
    assert [each.strip() for each in listed(quiet)] == ["open"] * still_open


def test_from_a_finding_to_its_connection_to_its_frames(quiet: Browser, outage: Path) -> None:
    quiet.open(outage)
    assert "2 probes of the client (frames 12, 13) unanswered from time 4.038" in quiet.text("#findings")
    quiet.click("#findings .about a")
    assert quiet.run("document.getElementById('connection').open")
    assert "Connection 0" in quiet.text("#connection-title")
    frames = quiet.texts(".frames tbody tr:not(.silence)")
    assert [each.split()[0] for each in frames][:4] == ["3", "4", "5", "10"]
    assert "keep-alive probe: no answer" in frames[5] and "reply to 10 after" in frames[4]
    quiet.key(*ESCAPE)
    assert not quiet.run("document.getElementById('connection').open")
    assert quiet.run("location.hash") == "#connections"
    assert quiet.run("document.activeElement.closest('#findings') !== null")


def test_an_address_with_a_connection_opens_it(quiet: Browser, many: Path) -> None:
    quiet.open(many, "#connection-13")
    assert "Connection 13" in quiet.text("#connection-title")
    quiet.click("#connection .close")
    assert quiet.run("location.hash") == "#connections"


def test_copying(quiet: Browser, outage: Path) -> None:
    quiet.open(outage, "#connection-0")
    quiet.run(
        "navigator.clipboard.writeText = text => { window.taken = text; return Promise.resolve() }"
    )  # a browser without a window has no clipboard
    quiet.click("#connection .copy")
    assert quiet.run("window.taken") == ka.analyze(RECORDED / "outage.pcapng").flow(0).display_filter
    assert quiet.text("#connection .copy") == "Copied" and quiet.text("#said").startswith("Copied")


def test_copying_where_the_clipboard_is_refused(quiet: Browser, outage: Path) -> None:
    quiet.open(outage, "#connection-0")
    quiet.run("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))")
    quiet.run("document.execCommand = () => { window.taken = document.activeElement.value; return true }")
    quiet.click("#connection .copy")
    assert str(quiet.run("window.taken")).startswith(
        "ip.addr == 192.0.2.2 && ip.addr == 198.51.100.2 && tcp.port"
    )


def test_every_filter_is_that_of_the_tables(quiet: Browser, many: Path) -> None:
    """The page puts filters together again; each must be what the tables say."""
    quiet.open(many)
    analysis = ka.analyze(RECORDED)
    wanted = dict(zip(analysis.flows.flow.tolist(), analysis.flows.display_filter.tolist(), strict=True))
    numbers = column(document(many), "flow")
    quiet.click(".chooser summary")
    quiet.click(".boxes label:last-of-type input")
    found = {}
    for top in range(0, len(numbers) * 36, 700):
        quiet.run(f"document.querySelector('.scroller').scrollTop = {top}")
        quiet.settle()
        cells = "[e.cells[0].textContent, e.lastChild.textContent]"
        shown = quiet.run(f"[...document.querySelectorAll('{ROWS}')].map(e => {cells})")
        found |= {int(number): text for number, text in shown}
    assert sorted(found) == sorted(numbers) and found == wanted


def test_themes(quiet: Browser, outage: Path) -> None:
    quiet.open(outage)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = quiet.run(ground)
    quiet.click(".settings button[value=dark]")
    dark = quiet.run(ground)
    assert dark != light
    quiet.media(scheme="dark")
    quiet.click(".settings button[value=light]")
    assert quiet.run(ground) == light
    quiet.click(".settings button[value='']")
    assert quiet.run(ground) == dark


def test_clocks(quiet: Browser, outage: Path) -> None:
    quiet.open(outage)
    assert "time 0 is 2026-11-23" in quiet.text("#captures") and "time 4.038" in quiet.text("#findings")
    quiet.click(".settings button[value=utc]")
    start = quiet.text("#captures").split(" from ")[1].split("Z")[0]
    assert start.startswith("2026-11-23 ") and "UTC" in start
    hour = start.split()[1][:5]
    assert f"from {hour}" in quiet.text("#findings") and "time 4.038" not in quiet.text("#findings")


def test_the_keyboard_alone(quiet: Browser, many: Path, total: int) -> None:
    quiet.open(many)
    quiet.run("document.getElementById('search').focus()")
    for _ in range(40):
        quiet.key(*TAB)
        if quiet.run(f"document.activeElement.matches('{ROWS} a')"):
            break
    assert quiet.run("document.activeElement.closest('tr').dataset.place") == "0"
    assert quiet.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    quiet.key(*DOWN)
    quiet.key(*DOWN)
    assert quiet.run("document.activeElement.closest('tr').dataset.place") == "2"
    quiet.key(*END)
    assert quiet.run("document.activeElement.closest('tr').dataset.place") == str(total - 1)
    number = quiet.run("document.activeElement.textContent")
    quiet.key(*ENTER)
    assert quiet.text("#connection-title").startswith(f"Connection {number}")
    quiet.key(*ESCAPE)
    assert quiet.run("document.activeElement.textContent") == number


def test_landmarks_and_names(quiet: Browser, many: Path) -> None:
    """What people who do not see the page go by."""
    quiet.open(many, "#connection-13")
    for landmark in ("header", "main", "footer", "nav[aria-label]", "h1"):
        assert (
            quiet.run(f"document.querySelectorAll('body > {landmark}, body > header {landmark}').length") >= 1
        )
    unnamed = quiet.run(
        "[...document.querySelectorAll('button, a, input, select, dialog, [role=region], [role=img]')]"
        ".filter(e => !(e.ariaLabel || e.getAttribute('aria-labelledby') || e.textContent.trim()"
        " || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML.slice(0, 80))"
    )
    assert unnamed == []
    names = quiet.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(names) == len(set(names))


def test_paper(quiet: Browser, many: Path, total: int) -> None:
    quiet.media("print")
    quiet.open(many)
    seen = "[...document.querySelectorAll('h2')].filter(e => e.checkVisibility()).map(e => e.textContent)"
    assert quiet.run(seen) == [f"{total} connections", "Findings", "The gravest connections of each verdict"]
    assert quiet.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert quiet.paper().startswith(b"%PDF")
    held = document(many)["findings"]["rows"]
    dead = sum(each["finding"] == "peer_dead" for each in held)
    left = "[...document.querySelectorAll('.rest')].filter(e => e.checkVisibility()).map(e => e.textContent)"
    assert f"… and {dead - 3} more." in quiet.run(left)  # what the button would show
    quiet.media()
    assert quiet.run(left) == []


def test_a_capture_without_tcp(quiet: Browser, tmp_path: Path) -> None:
    capture, report = tmp_path / "empty.pcapng", tmp_path / "empty.html"
    capture.write_bytes(named_capture([], "quiet"))
    ka.analyze(capture).report(report)
    quiet.open(report)
    assert "No TCP connection" in quiet.text("main") and "no frames" in quiet.text("#captures")


@pytest.mark.slow
def test_ten_thousand_connections(quiet: Browser, tmp_path: Path) -> None:
    capture, report = tmp_path / "large.pcap", tmp_path / "large.html"
    generate(capture, Settings(frames=600_000, flows=10_000, seed=3))
    ka.analyze(capture).report(report)
    assert report.stat().st_size < 8_000_000
    quiet.open(report)
    assert quiet.text("#listed") == "10,000 connections"
    quiet.click("th.ends button")
    ends = listed(quiet, 3)
    assert 10 < len(ends) < 60 and ends[0].startswith("[2001:2::1:")
    quiet.click("#search")
    quiet.type("peer_dead 198.19.0.1:")
    assert 0 < int(quiet.text("#listed").split()[0]) < 200
