"""The documentation as a site: built without a warning, whole without any network."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.long

DOCS = Path(__file__).parents[2] / "docs"


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that a link may name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") not in ("next", "prev", "index", "search", "author"):
            self.loads.append(values["href"])
        if "src" in values:
            self.loads.append(values["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> dict[Path, _Page]:
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", str(DOCS), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return {path: _Page(path.read_text(encoding="utf-8")) for path in out.rglob("*.html")}


def test_links_lead_to_pages_and_places_that_are_there(site):
    broken = []
    for path, page in site.items():
        for link in {*page.links, *page.loads}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link == "#":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = site[target].anchors if target in site else None
            if not target.exists() or (parts.fragment and anchors is not None and parts.fragment not in anchors):
                broken.append(f"{path.name}: {link}")
    assert not broken


def test_no_page_loads_anything_from_elsewhere(site):
    foreign = {url for page in site.values() for url in page.loads if urlsplit(url).scheme or urlsplit(url).netloc}
    assert not foreign


def test_every_page_is_in_the_site_and_can_be_searched(site):
    (index,) = {path for path in site if path.name == "index.html" and (path.parent / "searchindex.js").is_file()}
    words = (index.parent / "searchindex.js").read_text(encoding="utf-8")
    found = json.loads(words.removeprefix("Search.setIndex(").removesuffix(")"))
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    assert set(found["docnames"]) == pages
    assert {"tautom", "conform", "dmso"} <= found["terms"].keys()


def test_the_python_interface_has_what_import_qmnmr_gives(site):
    import qmnmr

    (page,) = (page for path, page in site.items() if path.name == "python-api.html")
    expected = {f"qmnmr.{name}" for name in qmnmr.__all__ if name not in ("__version__", "errors", "QmnmrError")}
    assert expected | {"qmnmr.errors.QmnmrError", "qmnmr.errors.InputError"} <= page.anchors
