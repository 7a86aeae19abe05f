"""Walking through the portal as a person does, and looking at each page on the way."""

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import PASSWORD

AXE = (Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js").read_text(encoding="utf-8")
#: WCAG 2.2 AA and everything before it.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
#: Counts every shift of what is on the page, from the first paint on.
_WATCH = """
window.__shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => {
  if (!entry.hadRecentInput) window.__shifts.push([entry.value, entry.sources.map(s => s.node && (s.node.id || s.node.className || s.node.nodeName))]);
})).observe({ type: "layout-shift", buffered: true });
"""


def follow(page: Any, selector: str) -> None:
    """Click what leads to another page, and be there: what is asked next is asked of that page."""
    with page.expect_navigation():
        page.click(selector)


class Walker:
    """A window that is looked at: `look` after every step; `problems` must stay empty."""

    def __init__(self, page: Any, address: str, width: str) -> None:
        self.page = page
        self.address = address
        page.set_viewport_size(WIDTHS[width])
        page.add_init_script(_WATCH)
        self.said: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))

    def sign_in(self, name: str) -> None:
        self.page.context.clear_cookies()
        self.open("/sign-in/")
        self.page.fill("#id_username, [name=username], [name=login]", name)
        self.page.fill("[type=password]", PASSWORD)
        self.page.click("main form button.btn-primary")
        self.page.wait_for_url(self.address + "/")
        self.look()

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.look()

    def click(self, selector: str, *, wait: str = "") -> None:
        """Click what leads to another page and look at it; `wait` for something on it."""
        follow(self.page, selector)
        if wait:
            self.page.wait_for_selector(wait)
        self.look()

    def look(self) -> None:
        """No violation that axe finds, nothing wider than the window, nothing that moved, no message."""
        page = self.page
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE)
        found = page.evaluate(
            "standards => axe.run({ runOnly: { type: 'tag', values: standards } }).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + n.failureSummary).join(' | ')))",
            STANDARDS,
        )
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        # Below a thousandth nothing moved by a whole pixel: fonts and scroll bars of a busy machine.
        moved = [shift for shift in page.evaluate("window.__shifts") if shift[0] >= 0.001]
        problems = [*found, *self.said, *(f"moved: {shift}" for shift in moved)]
        problems += [f"{wider} pixels wider than the window"] if wider > 0 else []
        # Said in the message: this module is no test, so pytest does not show the values by itself.
        assert not problems, f"{urlsplit(page.url).path}: " + "\n".join(problems)


def transferred(page: Any, address: str, path: str) -> dict[str, int]:
    """Bytes of each file of a first view, as they go over the line: pages and static files gzipped."""
    sizes: dict[str, int] = {}

    def count(response: Any) -> None:
        body = response.body() if response.status == 200 else b""
        packed = any(
            kind in response.headers.get("content-type", "") for kind in ("text", "javascript", "json", "svg")
        )
        sizes[urlsplit(response.url).path] = len(gzip.compress(body)) if packed else len(body)

    answers: list[Any] = []
    page.on("response", lambda response: answers.append(response))
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    for response in answers:
        count(response)
    return sizes
