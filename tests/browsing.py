"""A real browser before the running service, and everything that goes wrong in its windows.

Chromium is Debian's, or CHROMIUM names another. Without one these tests fail; `-m "not browser"` leaves them out.
"""

import os
import shutil
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.processes import Running, free_port, running, wait_until

Colours = Literal["light", "dark"]

# Without these it looks for Google's hosts at every start.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def serving() -> Generator[tuple[Browser, str], None, None]:
    """A browser and the address of the web server before which it sits."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.fail('Browser tests want Chromium: apt-get install chromium, or leave them out with -m "not browser".')
    port = free_port()
    gunicorn = ["-m", "gunicorn", "-c", "python:aidtracker.web", "aidtracker.wsgi"]
    # With DEBUG the static files are served from where they lie.
    server = Running(
        [sys.executable, *gunicorn],
        WEB_BIND=f"127.0.0.1:{port}",
        WEB_PROCESSES="1",
        AIDTRACKER_DEBUG="true",
    )
    with running(server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        wait_until(lambda: _answers(port), seconds=30, every=0.2)
        yield browser, f"http://127.0.0.1:{port}"
        browser.close()


def watched(browser: Browser, address: str, wrong: list[str], *, colours: Colours = "light") -> Page:
    """A new window; errors, warnings, failures and requests to elsewhere than ``address`` are added to ``wrong``."""
    page = browser.new_page(viewport={"width": 1300, "height": 900}, color_scheme=colours)
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(ours) else wrong.append(asked.url))
    page.on("response", lambda got: wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    ours = (address, "data:", "blob:")
    return page


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def cut_off(page: Page) -> list[str]:
    """What stands in cells of a list that are too low for it."""
    cells = "[...document.querySelectorAll('#result_list tbody :is(td, th)')]"
    return page.evaluate(f"{cells}.filter(e => e.scrollHeight > e.clientHeight + 1).map(e => e.innerText)")


def head_is_whole(page: Page) -> bool:
    """Whether what a page is headed by can be read to its end."""
    last = "[...document.querySelectorAll('#header-inner h1 > a')].at(-1)"
    fits = "!e || (e.scrollWidth <= e.clientWidth + 1 && e.scrollHeight <= e.clientHeight + 1)"
    return bool(page.evaluate(f"(e => {fits})({last})"))


# Contrast as in WCAG 2.2; what stands on no colour of its own stands on that of the page.
FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b) + 0.05;
  const below = (each) => {
    for (; each; each = each.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(each).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const each of document.querySelectorAll("body *")) {
    const own = [...each.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const said = own.map((node) => node.textContent.trim()).join(" ").trim();
    if (!said || !each.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const [one, other] = [light(parts(getComputedStyle(each).color)), light(below(each))];
    const contrast = Math.max(one, other) / Math.min(one, other);
    if (contrast < 2) found.add(`${each.tagName}.${each.className}: ${said.slice(0, 40)} (${contrast.toFixed(1)})`);
  }
  return [...found];
}"""


def faint(page: Page) -> list[str]:
    """What cannot be read, since it is nearly of the colour that it stands on."""
    return list(page.evaluate(FAINT))


# A field is named by its label, by itself, or by what it shows.
UNNAMED = """() => {
  const fields = document.querySelectorAll("#main :is(input:not([type=hidden]), select, textarea, [role=combobox])");
  const shown = (each) => each.checkVisibility({ checkVisibilityCSS: true }) && !each.closest(".empty-form");
  const name = (each) => [
    ...[...(each.labels ?? [])].map((label) => label.textContent),
    ...["aria-label", "title", "placeholder", "value"].map((key) => key === "value" && each.type !== "submit" ? "" :
      each.getAttribute(key) ?? ""),
  ].join("").trim();
  return [...fields].filter((each) => shown(each) && !name(each)).map((each) => each.outerHTML.slice(0, 120));
}"""


def unnamed(page: Page) -> list[str]:
    """Fields of which whoever hears a page is not told what they ask for."""
    return list(page.evaluate(UNNAMED))


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
