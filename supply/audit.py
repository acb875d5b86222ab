"""Known weaknesses of what constraints.txt names, by pip-audit. Runs it; prints.

Exit code 0: none is known; 3: some are; 1: nobody could be asked, so nothing is known. pip-audit asks PyPI, then OSV.
"""

import json
import subprocess
import sys
from typing import Any

from supply.requirements import ROOT

SERVICES = {"PyPI": "pypi", "OSV": "osv"}
CALL = ("pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off")
FOUND, NOBODY = 3, 1


def answer(service: str) -> list[dict[str, Any]]:
    """What a service says of each package; nothing where it cannot be reached."""
    call = [sys.executable, "-m", *CALL, "--format", "json", "--vulnerability-service", service]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return []
    return packages


def main() -> int:
    for title, service in SERVICES.items():
        packages = answer(service)
        if any("vulns" in package for package in packages):
            return told(title, packages)
        print(f"{title} says nothing of known weaknesses: it cannot be reached, or does not know the packages.")
    print("Nothing was checked. Give `make audit` on a machine that reaches pypi.org or api.osv.dev.")
    return NOBODY


def told(title: str, packages: list[dict[str, Any]]) -> int:
    """Print what is known and of which packages nothing is; the exit code."""
    known = [package for package in packages if "vulns" in package]
    weak = [package for package in known if package["vulns"]]
    for package in weak:
        for one in package["vulns"]:
            mended = ", ".join(one["fix_versions"]) or "no release"
            print(f"{package['name']} {package['version']}: {one['id']}, mended in {mended}")
    print(f"{title} knows of weaknesses in {len(weak)} of {len(known)} packages.")
    if unknown := [package["name"] for package in packages if "vulns" not in package]:
        print(f"Not checked, since {title} does not know them: {', '.join(unknown)}.")
    return FOUND if weak else 0


if __name__ == "__main__":
    sys.exit(main())
