"""Pictures of a running portal with the demo's data: `make screenshots`.

    python -m tests.screenshots http://localhost:8000 docs/screenshots [name …]

Each picture is named after page, width and language. Names given narrow what is taken.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.engines import CHROMIUM_ARGUMENTS, chromium_path

PASSWORD = "simdiklat-demo"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


def sign_in(page: Page, base: str, user: str, language: str) -> None:
    page.goto(f"{base}/sign-in/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_load_state()
    page.context.add_cookies([{"name": "django_language", "value": language, "url": base}])


def first_link(page: Page, base: str, listing: str, pattern: str) -> str:
    """The first address on a list page of one thing: the pattern with a number after it (or at its *)."""
    page.goto(base + listing)
    addresses = page.locator("main a[href]").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    start, _, rest = pattern.partition("*")
    found = next(
        (a for a in addresses if re.fullmatch(re.escape(start) + r"\d+/" + re.escape(rest), a)), None
    )
    if not found:
        raise SystemExit(f"{listing} has no link like {pattern}: is the demo's showcase done?")
    return found


def shots(browser: Browser, base: str, target: Path, only: list[str]) -> None:
    invited = invited_number(browser, base)
    pages: list[tuple[str, str, str]] = [
        ("sign-in", "", "/sign-in/"),
        ("planner-home", "perencana", "/"),
        ("classes", "perencana", "/classes/"),
        ("class", "perencana", "link:/classes/:/classes/"),
        ("selection", "perencana", "link:/:/selections/"),
        ("people", "perencana", "/employees/"),
        ("person", "perencana", "link:/employees/:/employees/"),
        ("programmes", "perencana", "/programmes/"),
        ("region-home", "kanwil", "/"),
        ("review", "kanwil", "link:/:/selections/*review/"),
        ("invitations", "kanwil", "/invitations/"),
        ("employee-home", invited, "/me/"),
        ("why", invited, "/me/why/"),
        ("password-link", "", "/activate/"),
        ("leader-home", "pimpinan", "/"),
        ("auditor-home", "auditor", "/"),
    ]
    for width, size in WIDTHS.items():
        for language in ("id", "en"):
            signed_in = ""
            context = browser.new_context(viewport={"width": size[0], "height": size[1]})
            page = context.new_page()
            for name, user, address in pages:
                if only and name not in only:
                    continue
                if user != signed_in:
                    context.clear_cookies()
                    if user:
                        sign_in(page, base, user, language)
                    signed_in = user
                if address.startswith("link:"):
                    _, listing, pattern = address.split(":")
                    address = first_link(page, base, listing, pattern)
                page.goto(base + address)
                page.wait_for_load_state("networkidle")
                file = target / f"{name}-{width}-{language}.png"
                page.screenshot(path=str(file), full_page=width == "phone")
                print(file)
            context.close()


def invited_number(browser: Browser, base: str) -> str:
    """The number of somebody invited, read from the region's list as an operator would."""
    page = browser.new_page()
    sign_in(page, base, "perencana", "id")
    person = first_link(page, base, "/invitations/", "/employees/")
    page.goto(base + person)
    digits = "".join(page.locator("dd.nip").first.inner_text().split())
    page.close()
    return digits


def main() -> None:
    base, target = sys.argv[1].rstrip("/"), Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        shots(browser, base, target, sys.argv[3:])
        browser.close()


if __name__ == "__main__":
    main()
