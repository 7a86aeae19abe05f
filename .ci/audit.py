"""Known vulnerabilities of what is installed: asks PyPI, and OSV for what PyPI does not know.

Where no service can be asked (a machine without the internet, a mirror without advisories) there is
nothing to fail for, and nothing to be sure of either: that is said in so many words, package by package.
With AUDIT_REQUIRED=1, as before a release, it is a failure too.

    exit 0  everything asked and nothing known, or (without AUDIT_REQUIRED) not everything could be asked
    exit 1  a vulnerability is known
    exit 2  AUDIT_REQUIRED=1 and not everything could be asked
"""

import json
import os
import subprocess
import sys

SERVICES = ("pypi", "osv")
SECONDS = 180


def ask(service: str) -> tuple[dict[str, list[str]], str]:
    """What the service knows, by package (an empty list: nothing bad); and why it knows nothing."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
        *("--vulnerability-service", service, "--timeout", "10"),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            command, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return {}, f"no answer within {SECONDS} s"
    try:
        report = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()
        return {}, said[-1][:200] if said else f"exit {done.returncode}"
    known = {
        package["name"]: [flaw["id"] for flaw in package["vulns"]]
        for package in report["dependencies"]
        if "vulns" in package
    }
    return known, "" if known else "it knows none of the packages (a mirror without advisories?)"


def installed() -> set[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {package["name"].lower().replace("_", "-") for package in json.loads(listed.stdout)}


def main() -> int:
    waiting, bad = installed(), {}
    total = len(waiting)
    for service in SERVICES:
        known, why_not = ask(service)
        if why_not:
            print(f"audit: {service} could not be asked: {why_not}")
        bad |= {name: flaws for name, flaws in known.items() if flaws}
        waiting -= {name.lower().replace("_", "-") for name in known}
        if not waiting:
            break
    for name, flaws in sorted(bad.items()):
        print(f"audit: VULNERABLE {name}: {', '.join(flaws)}")
    if waiting:
        shown = ", ".join(sorted(waiting)[:8]) + (" ..." if len(waiting) > 8 else "")
        print(f"audit: NOT AUDITED {len(waiting)} of {total} packages: {shown}")
    else:
        print(f"audit: {total} packages asked for, {len(bad)} with known vulnerabilities")
    if bad:
        return 1
    return 2 if waiting and os.environ.get("AUDIT_REQUIRED") == "1" else 0


if __name__ == "__main__":
    sys.exit(main())
