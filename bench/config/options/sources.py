"""Options: where the images lie."""

from shlex import quote
from typing import Self

from pydantic import BaseModel, model_validator

from bench.config.texts import parse_externals
from bench.option import DATA, option


class SourceOptions(BaseModel):
    """`data`, or `internal` and `external` (site name → path); without any of them the embedded phantom is used."""

    internal: str | None = option(None, "Tree or manifest of the internal site.", panel=DATA, path=True)
    external: dict[str, str] = option(
        {},
        "Tree or manifest of another site; repeatable. A search never opens it.",
        panel=DATA,
        metavar="[NAME=]PATH",
        path=True,
        parse=parse_externals,
    )
    data: str | None = option(
        None, "Folder that holds internal/ and external*/.", panel=DATA, shown="the embedded phantom", path=True
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.data is not None and (self.internal is not None or self.external):
            raise ValueError("give either data (a tree with internal/ and external*/) or internal and external")
        if self.external and self.internal is None:
            given = " ".join(f"--external {quote(f'{name}={path}')}" for name, path in self.external.items())
            raise ValueError(
                f"external needs internal as well, the site that models are trained on, as in bench run --internal DIR "
                f"{given}"
            )
        if "internal" in self.external:
            raise ValueError("an external site cannot be called 'internal'; give it another name, as in bern=PATH")
        return self

    @property
    def uses_phantom(self) -> bool:
        """Whether no data was named, so that the embedded phantom stands in."""
        return self.data is None and self.internal is None
