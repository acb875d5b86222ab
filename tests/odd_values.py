"""Seeded contents that nobody meant to write: values, JSON, TOML, tables, each sound but for a few places."""

import json
import random
from typing import Any

import pandas as pd
import tomli_w

ODD: list[Any] = [
    *(None, True, -1, 0, 10**18, 10**30, -(2**63), 1.5, 1e308, float("inf"), float("nan"), "", " ", "\0", "\ud800"),
    *("\x1b[31m", "../../etc/passwd", "/dev/null", "=1+1", "nan", "9" * 5000, "x" * 10_000, "\u202e", [], {}, [[]]),
    *({"": None}, [None], ["a", 1], {"a": {"b": {"c": []}}}),
]
TEXTS = [
    *("", "[" * 100_000, "{" * 5000 + "}" * 5000, '{"a":' * 50_000, "null", "[]", "[null]", "{}", "0", '"text"', "\0"),
    *("\ufeff{}", "9" * 5000, "a = " + "9" * 5000, "a = " + "[" * 5000, "a.b." * 3000 + "c = 1", "1e999", "-", "'''"),
]


def changed(rng: random.Random, content: Any) -> Any:
    """Somewhere inside, a value becomes an odd one, goes, comes twice, or is wrapped."""
    if isinstance(content, dict) and content and rng.random() < 0.85:
        key = rng.choice(list(content))
        if rng.random() < 0.1:
            return {name: value for name, value in content.items() if name != key}
        if rng.random() < 0.05:
            return {**content, "odd\x1b": content[key]}
        return {**content, key: changed(rng, content[key])}
    if isinstance(content, list) and content and rng.random() < 0.85:
        place = rng.randrange(len(content))
        if rng.random() < 0.1:
            return [*content, content[place]]
        return [*content[:place], changed(rng, content[place]), *content[place + 1 :]]
    return rng.choice([*ODD, [content], {"a": content}])


def odd_bytes(rng: random.Random, content: bytes) -> bytes:
    """Cut, flipped, doubled or replaced."""
    if not content:
        return b"\xff"
    place = rng.randrange(len(content))
    return rng.choice(
        [
            content[:place],
            content[:place] + bytes([rng.randrange(256)]) + content[place + 1 :],
            content[:place] + rng.randbytes(8) + content[place:],
            content + content,
            rng.choice(TEXTS).encode("utf-8", "surrogatepass"),
        ]
    )


def odd_json(rng: random.Random, sound: bytes) -> bytes:
    """JSON with one to three odd values, or no JSON."""
    if rng.random() < 0.3:
        return odd_bytes(rng, sound)
    content = json.loads(sound)
    for _ in range(rng.randint(1, 3)):
        content = changed(rng, content)
    return json.dumps(content, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def odd_toml(rng: random.Random, sound: dict[str, Any]) -> bytes:
    """The same of TOML, which has no null."""
    content = sound
    for _ in range(rng.randint(1, 3)):
        content = changed(rng, content)
    try:
        text = tomli_w.dumps(content).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError, AttributeError):
        text = tomli_w.dumps(sound).encode()
    return odd_bytes(rng, text) if rng.random() < 0.4 else text


def odd_csv(rng: random.Random, sound: bytes) -> bytes:
    """A table with odd cells, rows and columns."""
    if rng.random() < 0.3:
        return odd_bytes(rng, sound)
    rows = [line.split(",") for line in sound.decode().splitlines()]
    for _ in range(rng.randint(1, 3)):
        row = rng.choice(rows)
        what = rng.random()
        if what < 0.6:
            row[rng.randrange(len(row))] = str(rng.choice(ODD))
        elif what < 0.7:
            row.append("more")
        elif what < 0.8 and len(row) > 1:
            row.pop()
        elif what < 0.9:
            rows.append(list(row))
        else:
            rng.shuffle(row)
    return "\n".join(map(",".join, rows)).encode("utf-8", "surrogatepass")


def odd_frame(rng: random.Random, sound: pd.DataFrame) -> pd.DataFrame:
    """A table of Parquet with odd cells, types and columns."""
    frame = sound.astype(object)
    for _ in range(rng.randint(1, 3)):
        column = rng.choice(list(frame.columns))
        what = rng.random()
        if what < 0.4:
            value = rng.choice([None, -1, 10**18, 1.5, float("nan"), float("inf"), "", "x", True, "\0"])
            frame[column] = [value if rng.random() < 0.3 else one for one in frame[column]]
        elif what < 0.6:
            value = rng.choice([None, -1, 10**18, 1.5, float("inf"), "x", True, [1], {"a": 1}, b"\xff"])
            frame[column] = [value] * len(frame)
        elif what < 0.7 and len(frame.columns) > 1:
            frame = frame.drop(columns=column)
        elif what < 0.8:
            frame = pd.concat([frame, frame.head(2)], ignore_index=True)
        elif what < 0.9:
            frame = frame.head(0)
        else:
            frame = frame.rename(columns={column: "\x1b"})
    return frame
