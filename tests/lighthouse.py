"""Lighthouse on the screens that carry the portal, against a running portal: `make lighthouse`.

    python -m tests.lighthouse http://localhost:8000 var/lighthouse [--desktop]

Signs in as each role with the demo's password and prints the four scores of each screen (0 to 100), on a
phone as Lighthouse sees it (slow processor and line), or on a desktop. Exit 1 when one is below FLOOR.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.engines import CHROMIUM_ARGUMENTS, chromium_path
from tests.screenshots import first_link, invited_number, sign_in

FLOOR = 95
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
#: Lines of the report's audits that are named when a score is below the floor.
NAMED = 6


def screens(browser: Browser, base: str) -> list[tuple[str, str, str]]:
    """Name, user ("" for nobody) and address of each screen."""
    page = browser.new_page()
    sign_in(page, base, "perencana", "id")
    class_page = first_link(page, base, "/classes/", "/classes/")
    selection = first_link(page, base, "/", "/selections/")
    page.close()
    return [
        ("planner's home", "perencana", "/"),
        ("class", "perencana", class_page),
        ("selection", "perencana", selection),
        ("region's home", "kanwil", "/"),
        ("employee's home", invited_number(browser, base), "/"),
        ("leader's page", "pimpinan", "/"),
        ("public front", "", "/"),
        ("public check", "", "/check/"),
    ]


def cookies_of(browser: Browser, base: str, user: str) -> str:
    """The Cookie header of somebody signed in."""
    if not user:
        return "django_language=id"
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, base, user, "id")
    header = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())
    context.close()
    return header


def measure(folder: Path, address: str, cookies: str, desktop: bool) -> dict[str, object]:
    """Lighthouse's report of one address."""
    target = folder / "report.json"
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookies}), encoding="utf-8")
    command = [
        str(folder / "node_modules" / ".bin" / "lighthouse"), address, "--quiet", "--output=json",
        f"--output-path={target}", f"--extra-headers={headers}", f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new " + " ".join(CHROMIUM_ARGUMENTS),
    ]  # fmt: skip
    if desktop:
        command.append("--preset=desktop")
    environment = {**os.environ, "CHROME_PATH": str(chromium_path())}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    report: dict[str, object] = json.loads(target.read_text(encoding="utf-8"))
    return report


def main() -> int:
    base, folder, desktop = sys.argv[1].rstrip("/"), Path(sys.argv[2]).resolve(), "--desktop" in sys.argv
    low = 0
    print(f"{'':18}" + "".join(f"{name:>16}" for name in CATEGORIES))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        found = [
            (name, address, cookies_of(browser, base, user)) for name, user, address in screens(browser, base)
        ]
        browser.close()
    for name, address, cookies in found:
        report = measure(folder, base + address, cookies, desktop)
        scores = [round(100 * (report["categories"][one]["score"] or 0)) for one in CATEGORIES]  # type: ignore[index]
        print(f"{name:18}" + "".join(f"{score:>16}" for score in scores), flush=True)
        if min(scores) < FLOOR:
            low += 1
            audits = report["audits"].values()  # type: ignore[attr-defined]
            failed = [a for a in audits if a["score"] is not None and a["score"] < 0.9]
            for audit in sorted(failed, key=lambda a: a["score"])[:NAMED]:
                print(f"{'':20}{audit['id']}: {audit.get('displayValue', '')} {audit['score']}")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
