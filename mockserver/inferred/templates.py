"""Paths of a document: their parts, the tenant that they begin with, the name of what lies under them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from mockserver.world.tables import Owner

PARAMETER = re.compile(r"{([^{}/]+)}")
TENANTS = (
    (re.compile(r"/api/(?:projects|environments)/{([^{}/]+)}(?=/.)"), Owner.PROJECT),
    (re.compile(r"/api/organizations/{([^{}/]+)}(?=/.)"), Owner.ORGANIZATION),
)
"""What PostHog's paths begin with; elsewhere nothing is a tenant."""
PREFIX = re.compile(r"(?:api|rest|v\d+(?:\.\d+)*(?:(?:alpha|beta)\d*)?|\d{4}-\d\d(?:-\d\d)?)", re.IGNORECASE)
"""Parts that say which API, and of which version, and not what of it."""


@dataclass(frozen=True)
class Template:
    """A path with parameters in it, without a slash at its end."""

    path: str

    @classmethod
    def of(cls, path: str) -> Template:
        """Return the template of a path as a document writes it."""
        return cls(path.rstrip("/") or "/")

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """What lies between its slashes."""
        return tuple(part for part in self.path.split("/") if part)

    @cached_property
    def shape(self) -> str:
        """The path with its parameters unnamed: what tells it from others."""
        return PARAMETER.sub("{}", self.path)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of its parameters, in order."""
        return tuple(PARAMETER.findall(self.path))

    @cached_property
    def tenant(self) -> tuple[str, Owner]:
        """The parameter that names the tenant, and what kind of one it is; nothing where there is none."""
        for pattern, owner in TENANTS:
            found = pattern.match(self.path)
            if found:
                return found[1], owner
        return "", Owner.NOBODY

    @property
    def owner(self) -> Owner:
        """The tenant that what lies here belongs to."""
        return self.tenant[1]

    @cached_property
    def is_item(self) -> bool:
        """Whether it ends with a parameter, and so names one of several."""
        return self.path.endswith("}") and PARAMETER.fullmatch(self.parts[-1]) is not None

    @cached_property
    def parent(self) -> Template:
        """The path without its last part."""
        return Template("/" + "/".join(self.parts[:-1]))

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The parts after the tenant, and after what names the API."""
        parts = self.parts[3:] if self.owner else self.parts
        start = next((number for number, part in enumerate(parts) if not PREFIX.fullmatch(part)), len(parts))
        return parts[start:]

    @cached_property
    def table(self) -> str:
        """The name of what lies here: the words of its path, but the tenant's and the parameters."""
        words = [re.sub(r"\W+", "_", part).strip("_").lower() for part in self.own if not PARAMETER.search(part)]
        return "_".join(word for word in words if word) or "root"

    @cached_property
    def last(self) -> str:
        """The last word of the path that is no parameter."""
        return next((part for part in reversed(self.parts) if not PARAMETER.search(part)), "")

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """Parameters of what this lies in, the tenant left out; not its own."""
        names = [name for name in self.parameters if not (self.owner and name == self.tenant[0])]
        return tuple(names[:-1] if self.is_item else names)

    @cached_property
    def around(self) -> tuple[Template, ...]:
        """The items that this lies in, the outermost first; the tenant is none of them."""
        first = 3 if self.owner else 0
        ends = [n for n, part in enumerate(self.parts[:-1]) if n >= first and PARAMETER.fullmatch(part)]
        return tuple(Template("/" + "/".join(self.parts[: end + 1])) for end in ends)


class Names:
    """Names of parameters by where they stand, since a document may call the same part of a path by several."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def template(self, path: str) -> Template:
        """Return the template of a path, each parameter called as where it was first seen; the tenant as we call it."""
        written = Template.of(path)
        parts, shape, used = list(written.parts), "", set()
        for number, part in enumerate(parts):
            for name in PARAMETER.findall(part):
                known = self._names.setdefault(f"{shape}/{PARAMETER.sub('{}', part)}", name)
                known = written.owner.value if written.owner and number == 2 else known
                chosen = known if known not in used else f"{known}_{number}"
                used.add(chosen)
                parts[number] = parts[number].replace(f"{{{name}}}", f"{{{chosen}}}")
            shape += f"/{PARAMETER.sub('{}', part)}"
        return Template("/" + "/".join(parts))
