"""Names as they can be shown. Pure."""


def visible(text: str) -> str:
    """`text` on one line: control characters, line breaks and half characters are written as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
