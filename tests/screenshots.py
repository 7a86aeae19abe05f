"""Pictures of a running portal with the demo's data: `make screenshots`.

    python -m tests.screenshots http://localhost:8000 docs/screenshots [name …]

Each picture is named after page, width, language and, where it is dark, theme. Names given narrow what is taken.
"""

import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.engines import CHROMIUM_ARGUMENTS, chromium_path

PASSWORD = "simdiklat-demo"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
#: A phone's page is shown whole up to this height; a list of thirty people says no more than its first ones.
TALLEST = 3_000


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
    """Each page by width, language and theme: phones whole, desktops as they open."""
    pages: list[tuple[str, str, str, str]] = [
        # name, user, address, which of "id-light en-light id-dark" on "desktop phone"
        ("front", "", "/", "desktop:id-light,en-light phone:id-light"),
        ("rule", "", "/rule/", "desktop:id-light"),
        ("check", "", "/check/", "desktop:id-light phone:en-dark"),
        ("planner-home", "perencana", "/", "desktop:id-light,en-dark"),
        ("calendar", "perencana", "calendar", "desktop:id-light,en-dark"),
        ("year", "perencana", "year", "desktop:en-light"),
        ("class", "perencana", "link:/invitations/:/classes/", "desktop:id-light phone:en-light"),
        ("selection", "perencana", "link:/:/selections/", "desktop:id-light,en-dark"),
        ("region-home", "kanwil", "/", "desktop:id-light phone:en-light"),
        ("employee-home", "invited", "/me/", "phone:id-light,en-dark"),
        ("why", "invited", "/me/why/", "phone:id-light"),
        ("leader-home", "pimpinan", "/", "desktop:id-light,en-dark phone:id-light"),
        ("units", "perencana", "/figures/units/", "desktop:id-light"),
        ("lorenz", "perencana", "/figures/lorenz/", "desktop:en-light"),
    ]
    invited = invited_number(browser, base)
    signed_in: dict[str, Any] = {}
    for name, user, address, wanted in pages:
        if only and name not in only:
            continue
        user = invited if user == "invited" else user
        for part in wanted.split():
            width, variants = part.split(":")
            for variant in variants.split(","):
                language, theme = variant.split("-")
                size = WIDTHS[width]
                context = browser.new_context(
                    viewport={"width": size[0], "height": size[1]},
                    color_scheme="dark" if theme == "dark" else "light",
                    storage_state=signed_in.get(user),
                    is_mobile=width == "phone",
                )
                page = context.new_page()
                if user and user not in signed_in:
                    sign_in(page, base, user, language)
                    signed_in[user] = context.storage_state()
                context.add_cookies([{"name": "django_language", "value": language, "url": base}])
                page.goto(base + _address(page, base, address))
                page.wait_for_load_state("networkidle")
                if width == "phone":
                    _show_all(page)
                file = target / f"{name}-{width}-{language}{'-dark' if theme == 'dark' else ''}.png"
                whole = (
                    page.evaluate("document.documentElement.scrollHeight") if width == "phone" else size[1]
                )
                clip = {"x": 0, "y": 0, "width": size[0], "height": min(whole, TALLEST)}
                page.screenshot(path=str(file), full_page=width == "phone", clip=clip)
                print(file, flush=True)
                context.close()


def _address(page: Page, base: str, address: str) -> str:
    """The address of a page; the month and year are those in which the next class begins."""
    if address.startswith("link:"):
        _, listing, pattern = address.split(":")
        return first_link(page, base, listing, pattern)
    if address in ("calendar", "year"):
        page.goto(base + "/open-classes/")
        month = (
            page.locator("section[id^=month], section[aria-labelledby^=month]").first.get_attribute(
                "aria-labelledby"
            )
            or ""
        )[6:]
        year, number = month.split("-")
        return f"/calendar/{year}/{int(number)}/" if address == "calendar" else f"/calendar/{year}/"
    return address


def _show_all(page: Page) -> None:
    """Scroll to the end and back, so that charts further down are drawn; the bar at the foot stays away."""
    page.evaluate(
        "async () => { for (let y = 0; y < document.body.scrollHeight; y += 500) {"
        " scrollTo({ top: y, behavior: 'instant' }); await new Promise(done => setTimeout(done, 60)); } scrollTo({ top: 0, behavior: 'instant' }); }"
    )
    page.evaluate("document.querySelectorAll('.bottom').forEach(bar => bar.remove())")


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
