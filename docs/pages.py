"""Runs what docs/pages.toml lists, writes what it prints into the pages, and checks all pages. `make page` explains.

python docs/pages.py write [NAME]    run it and write it into its page; without a name, the table of all
python docs/pages.py print [NAME]    run it and only print it
python docs/pages.py check           write the exact parts anew; exit code 1 where that changed a page, or where
                                     a link or a marked place leads nowhere
"""

import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKED = re.compile(r"^<!-- (end of )?([a-z0-9-]+)(?: [^\n]*)?-->$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


@dataclass(frozen=True)
class Part:
    """An entry of pages.toml, which says what the fields mean."""

    name: str
    what: str
    commands: list[str]
    page: str = ""
    shown: str = "as it is"
    minutes: float | None = None
    exact: bool = False

    def printed(self) -> str:
        """What the last command prints; what the others print goes to standard error."""
        places = [str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")]
        environment = {**os.environ, "PATH": os.pathsep.join(places)}
        for command in self.commands:
            last = command is self.commands[-1]
            wanted = subprocess.PIPE if last else sys.stderr
            done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, stdout=wanted, text=True)
            if done.returncode or (last and not done.stdout.strip()):
                sys.exit(f"{self.name}: `{command}` ended with exit code {done.returncode}; nothing was changed.")
        return done.stdout.strip("\n")

    def as_shown(self, text: str) -> str:
        start = {"indented": "    ", "quoted": "> "}.get(self.shown, "")
        return "\n".join(f"{start}{line}".rstrip() for line in text.splitlines()) if start else text

    def write(self, text: str) -> bool:
        """Put the text between the part's marks; whether the page changed."""
        file = ROOT / self.page
        before = file.read_text(encoding="utf-8")
        place = re.compile(rf"(<!-- {self.name}(?: [^\n]*)?-->\n).*?(<!-- end of {self.name} -->)", re.DOTALL)
        after, times = place.subn(lambda found: f"{found[1]}\n{self.as_shown(text)}\n\n{found[2]}", before)
        if times != 1:
            sys.exit(f"{self.page} has no place <!-- {self.name} --> … <!-- end of {self.name} -->.")
        file.write_text(after, encoding="utf-8")
        return after != before


def parts() -> dict[str, Part]:
    table = tomllib.loads((ROOT / "docs" / "pages.toml").read_text(encoding="utf-8"))
    return {name: Part(name, **entry) for name, entry in table.items()}


def listed(shown: list[Part]) -> str:
    """A line for each part: name, minutes, page, what it is."""
    lines = [("NAME", "MINUTES", "PAGE", "WHAT")]
    for part in shown:
        minutes = "not measured" if part.minutes is None else f"{part.minutes:g}"
        lines.append((part.name, minutes, part.page or "only printed", part.what))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join("  ".join([*(map(str.ljust, line, widths)), line[3]]) for line in lines)


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def anchors(page: str) -> set[str]:
    """What headings are called in links, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links() -> Iterator[str]:
    for page in pages():
        for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
            file = (page.parent / target).resolve() if target else page
            if not file.exists():
                yield f"{page.relative_to(ROOT)}: the link to {target} leads nowhere."
            elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
                yield f"{page.relative_to(ROOT)}: {target or 'this page'} has no heading #{anchor}."


def wrong_marks() -> Iterator[str]:
    """Marked places that no entry of pages.toml writes, and entries without their place."""
    wanted = {(part.page, part.name) for part in parts().values() if part.page}
    found = set()
    for page in pages():
        name = str(page.relative_to(ROOT))
        marks = MARKED.findall(page.read_text(encoding="utf-8"))
        starts, ends = ([mark for end, mark in marks if bool(end) is wanted_end] for wanted_end in (False, True))
        if starts != ends:
            yield f"{name}: not every marked place begins and ends once, in order."
        found |= {(name, mark) for mark in starts}
    for name, mark in sorted(found ^ wanted):
        where = "is in no entry of docs/pages.toml" if (name, mark) in found else "is not there"
        yield f"{name}: the place <!-- {mark} --> {where}."


def check() -> None:
    wrong = [*wrong_marks(), *dead_links()]
    for part in parts().values():
        if part.exact and part.write(part.printed()):
            wrong.append(f"{part.page}: {part.name} was out of date and is written anew; look at it and commit it.")
    print("\n".join(wrong) or "All links and marked places of the docs lead somewhere; exact parts are up to date.")
    sys.exit(bool(wrong))


def main() -> None:
    task, *names = sys.argv[1:]
    if task == "check":
        check()
    writes, known = task == "write", parts()
    if not names:
        print(listed([part for part in known.values() if part.page or not writes]))
        return
    (name,) = names
    part = known.get(name)
    if part is None or (writes and not part.page):
        sys.exit(f"{name} is not in the table:\n\n{listed(list(known.values()))}")
    started = time.monotonic()
    text = part.printed()
    print(f"{part.page} is " + ("written anew" if part.write(text) else "as it was") if writes else text)
    print(f"{name} took {(time.monotonic() - started) / 60:.1f} minutes", file=sys.stderr)


if __name__ == "__main__":
    main()
