"""Values checked against a model; what is wrong is said in words for those who typed it. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bench.errors import RequestError

Model = TypeVar("Model", bound=BaseModel)
Context = Mapping[str, Any]

WORDS: Mapping[str, Callable[[Context], str]] = {
    "greater_than_equal": lambda limit: f"must be at least {limit['ge']}",
    "greater_than": lambda limit: f"must be more than {limit['gt']}",
    "less_than_equal": lambda limit: f"must be at most {limit['le']}",
    "less_than": lambda limit: f"must be less than {limit['lt']}",
    "too_short": lambda limit: f"must have at least {limit['min_length']} value(s)",
    "string_too_long": lambda limit: f"must have at most {limit['max_length']} characters",
    "string_pattern_mismatch": lambda _: "must be a letter or digit and then letters, digits, '.', '_', '-'",
    "literal_error": lambda limit: f"must be {limit['expected']}",
    "finite_number": lambda _: "must be a finite number",
    "missing": lambda _: "is missing",
    **dict.fromkeys(
        ("int_parsing", "int_type", "int_from_float", "int_parsing_size"), lambda _: "must be a whole number"
    ),
    **dict.fromkeys(("float_parsing", "float_type"), lambda _: "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), lambda _: "must be true or false"),
    "string_type": lambda _: "must be a text",
    "list_type": lambda _: "must be a list",
    **dict.fromkeys(("dict_type", "model_type"), lambda _: "must be a table"),
}
LONGEST = 60  # characters of a value that are quoted


def checked(
    model: type[Model], values: Mapping[str, Any], where: str, called: Mapping[str, str] | None = None
) -> Model:
    """Validate `values`; `where` (a file's name, or the command line) goes into the error.

    called: how keys were typed, where that is otherwise than they are named here (`seeds` → `--seeds`).

    Raises:
        RequestError: each key that is wrong, and why.
    """
    called = called or {}
    for key, value in values.items():
        if shown := no_text(value):
            raise RequestError(
                f"Wrong option in {where}: {called.get(key, key)}: the name '{shown}' is no text here and could not be "
                f"stored. Set LANG to a UTF-8 locale such as C.UTF-8, or rename it."
            )
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = [described(fault, model, called) for fault in error.errors()]
        raise RequestError(f"Wrong option(s) in {where}: {'; '.join(faults)}.") from None


def in_words(fault: ErrorDetails) -> str:
    """`must be at least 2, not 1`, without the name of what must."""
    words = WORDS.get(fault["type"])
    if words is None:
        return fault["msg"].removeprefix("Value error, ").rstrip(".")
    given = repr(fault["input"])
    told = "" if fault["type"] in ("missing", "too_short") or len(given) > LONGEST else f", not {given}"
    return words(fault.get("ctx", {})) + told


def described(fault: ErrorDetails, model: type[BaseModel], called: Mapping[str, str]) -> str:
    """A fault with the name of its key, which `called` has as it was typed (`recipe.epochs` → `--epochs`)."""
    path = [str(part) for part in fault["loc"]]
    key = ".".join(path)
    if fault["type"] == "extra_forbidden":
        return f"there is no option {key!r} (options: {', '.join(model.model_fields)})"
    if not key:
        return in_words(fault)
    name = next((called[part] for part in _prefixes(path) if part in called), key)
    if path == ["seeds"] and fault["type"] == "too_short":
        return f"{name} must be at least 1"
    text = in_words(fault)
    if text.startswith(name):
        return text
    return f"{name} {text}" if fault["type"] in WORDS else f"{name}: {text}"


def _prefixes(path: list[str]) -> Iterator[str]:
    """`recipe.epochs` before `recipe`."""
    for end in range(len(path), 0, -1):
        yield ".".join(path[:end])


def no_text(values: Any) -> str | None:
    """The first text inside that cannot be written as UTF-8, as it can be shown; None where there is none."""
    if isinstance(values, str):
        try:
            values.encode()
        except UnicodeEncodeError:
            return values.encode("utf-8", "backslashreplace").decode()
        return None
    inside = values.values() if isinstance(values, Mapping) else values if isinstance(values, list | tuple) else []
    return next((found for value in inside if (found := no_text(value)) is not None), None)
