"""Names every skipped or expected-to-fail test of a pytest report that no line of the allow-list explains."""

import fnmatch
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def allowed(path: Path) -> list[str]:
    """Patterns of the list: `pattern # reason`, the reason being obligatory."""
    patterns = []
    for line in path.read_text().splitlines():
        pattern, _, reason = line.partition("#")
        if pattern.strip() and not reason.strip():
            sys.exit(f"{path}: no reason given for {pattern.strip()}")
        if pattern.strip():
            patterns.append(pattern.strip())
    return patterns


def main(report: Path, allow_list: Path) -> int:
    if not report.exists():
        print("pytest left no report")
        return 1
    patterns, unexplained, explained = allowed(allow_list), [], 0
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by our own pytest
        skipped = case.find("skipped")
        if skipped is None:
            continue
        name = f"{case.get('classname')}::{case.get('name')}"
        if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            explained += 1
        else:
            unexplained.append(f"{name}: {skipped.get('type')}: {skipped.get('message')}")
    print(*unexplained, sep="\n") if unexplained else print(f"none unexplained, {explained} explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
