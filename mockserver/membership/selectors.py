"""CSS selectors as patterns of an event's chain of elements: the one that was clicked first, then what it stands in.

Source: PostHog turns a selector into a regular expression over the text of that chain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

KEPT = ("href", "text", "nth-child", "nth-of-type")
"""Attributes that are kept under their own names, and not as attributes."""
REST = r'([-_a-zA-Z0-9\.:"= \[\]\(\),]*?)?($|;|:([^;^\s]*(;|$|\s)))'

ATTRIBUTE = re.compile(r"""\[([^\]=]+)=['"](.*?)['"]\]""")
NTH = re.compile(r":(nth-child|nth-of-type)\((\d+)\)")
ID, CLASS, TAG = re.compile(r"#([\w-]+)"), re.compile(r"\.((?:\\.|[\w-])+)"), re.compile(r"[A-Za-z][\w-]*")
STEP = re.compile(r"""(?:\[[^\]]*\]|[^\s\[])+""")


@dataclass
class Part:
    """What a selector says of one element."""

    tag: str | None = None
    classes: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    is_child: bool = False
    """Whether a `>` stands behind it."""

    @classmethod
    def of(cls, text: str, *, is_child: bool) -> Part:
        """Return what a selector's step says."""
        part = cls(is_child=is_child)
        for name, value in ATTRIBUTE.findall(text):
            part.attributes[_kept_as(name)] = value
        text = ATTRIBUTE.sub("", text)
        part.attributes |= dict(NTH.findall(text))
        text = NTH.sub("", text)
        if id := ID.search(text):
            part.attributes["attr_id"] = id[1]
        text = ID.sub("", text)
        part.classes = [name.replace("\\", "") for name in CLASS.findall(text)]
        if tag := TAG.match(CLASS.sub("", text)):
            part.tag = tag[0]
        return part

    @property
    def pattern(self) -> str:
        """A regular expression for the element."""
        text = re.escape(self.tag) if self.tag else ""
        if self.classes:
            text += r".*?\." + r"\..*?".join(re.escape(name) for name in sorted(self.classes))
        if self.attributes:
            each = (f'{re.escape(name)}="{re.escape(value)}".*?' for name, value in sorted(self.attributes.items()))
            text += ".*?" + "".join(each)
        return text + REST + (".*" if self.is_child else "")


def _kept_as(name: str) -> str:
    name = name.strip()
    if name == "id":
        return "attr_id"
    return name if name in KEPT else f"attr__{name}"


def parts_of(selector: str) -> list[Part]:
    """Return what a selector says of each element, the innermost first."""
    plain = selector.replace("> * > ", "").replace("> *", "").replace(">", " > ")
    steps = STEP.findall(plain)[::-1]
    return [
        Part.of(step, is_child=number > 0 and steps[number - 1] == ">")
        for number, step in enumerate(steps)
        if step != ">"
    ]


def chain_pattern(selector: str) -> str:
    """Return a regular expression for the chains of elements that a selector finds; empty for an empty selector."""
    pattern = "".join(part.pattern for part in parts_of(selector))
    return f"(^|;){pattern}" if pattern else ""


def tag_pattern(tag: str) -> str:
    """Return a regular expression for the chains that have an element of a name."""
    return rf"(^|;){tag}(\.|$|;|:)"
