"""What a field's name says of its values: `email` is an address, `created_at` a time, `archived` seldom true."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def singular(word: str) -> str:
    """Return what one of several is called."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


class Moment(StrEnum):
    """When a time is, as seen from now."""

    NOW = "now"
    PAST = "past"
    LATELY = "lately"
    FUTURE = "future"


@lru_cache(maxsize=4096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in snake_case, kebab-case or camelCase, in small letters."""
    return tuple(word.lower() for word in WORD.findall(name))


PEOPLE = frozenset({"user", "owner", "author", "creator", "assignee", "member", "person", "customer", "contact", "by"})
TEXTS: dict[str, str] = {
    **dict.fromkeys(("email", "mail"), "ascii_safe_email"),
    **dict.fromkeys(("first_name", "given_name"), "first_name"),
    **dict.fromkeys(("last_name", "family_name", "surname"), "last_name"),
    **dict.fromkeys(("full_name", "display_name", "author", "owner", "assignee", "sender", "recipient"), "name"),
    **dict.fromkeys(("username", "user_name", "login", "handle", "nickname"), "user_name"),
    **dict.fromkeys(("phone", "phone_number", "mobile"), "phone_number"),
    **dict.fromkeys(("company", "company_name", "organization", "organization_name", "merchant"), "company"),
    **dict.fromkeys(("title", "subject", "headline", "name", "label", "query_name"), "catch_phrase"),
    **dict.fromkeys(
        ("description", "summary", "content", "body", "text", "message", "comment", "note", "notes", "reason", "bio"),
        "sentence",
    ),
    **dict.fromkeys(("color", "colour"), "hex_color"),
    **dict.fromkeys(("url", "uri", "link", "href", "website", "homepage", "webhook"), "url"),
    **dict.fromkeys(("image", "avatar", "logo", "picture", "photo", "thumbnail"), "image_url"),
    **dict.fromkeys(("slug",), "slug"),
    **dict.fromkeys(("domain", "host", "hostname"), "domain_name"),
    **dict.fromkeys(("ip", "ip_address"), "ipv4"),
    **dict.fromkeys(("city", "town"), "city"),
    **dict.fromkeys(("country",), "country"),
    **dict.fromkeys(("country_code",), "country_code"),
    **dict.fromkeys(("street", "address", "line1", "line_1"), "street_address"),
    **dict.fromkeys(("postcode", "postal_code", "zip", "zip_code"), "postcode"),
    **dict.fromkeys(("language", "language_code"), "language_code"),
    **dict.fromkeys(("locale",), "locale"),
    **dict.fromkeys(("timezone", "time_zone"), "timezone"),
    **dict.fromkeys(("currency", "currency_code"), "currency_code"),
    **dict.fromkeys(("filename", "file_name", "file"), "file_name"),
    **dict.fromkeys(("mime_type", "content_type", "media_type"), "mime_type"),
    **dict.fromkeys(("user_agent",), "user_agent"),
    **dict.fromkeys(("iban",), "iban"),
    **dict.fromkeys(("path",), "uri_path"),
}
"""Names, and what Faker calls their values."""
SECRETS = frozenset({"token", "secret", "key", "hash", "password", "cursor", "checksum", "signature", "code", "etag"})
IDENTIFIERS = frozenset({"id", "uuid", "guid", "ref", "reference"})
TIMES = frozenset({"at", "timestamp", "datetime", "time", "date", "since", "until"})
LATE = frozenset({"updated", "modified", "changed", "edited", "last", "latest", "seen"})
AHEAD = frozenset({"expires", "expiry", "expiration", "due", "next", "scheduled", "until", "ends", "renews"})
NEW = frozenset({"created", "updated", "modified", "joined", "added", "received", "submitted", "opened", "date_joined"})
NOT_YET = frozenset(
    {
        *("deleted", "archived", "completed", "finished", "ended", "end", "closed", "failed", "error", "errors"),
        *("cancelled", "canceled", "revoked", "disabled", "last", "latest", "resolved", "paid", "refunded", "read"),
        *("next", "previous", "parent", "trashed", "conclusion"),
    }
)
"""What has not happened to a record that is new."""
AFFIRMED = frozenset({"active", "enabled", "visible", "valid", "ok", "success", "public", "can", "allow", "allowed"})
"""What is true of a record about which nothing else was said."""
COUNTS = frozenset({"count", "total", "number", "size", "quantity", "times", "views", "usage"})
MONEY = frozenset({"amount", "price", "cost", "balance", "fee", "revenue", "tax", "subtotal"})


def faker_of(name: str, owner: str = "") -> str | None:
    """Return what Faker calls values of this name: by all of it, by its last two words, by its last one."""
    words = words_of(name)
    if words[-1:] == ("name",) and len(words) == 1 and PEOPLE & set(words_of(owner)):
        return "name"
    for start in range(max(len(words) - 2, 0), len(words)):
        found = TEXTS.get("_".join(words[start:]))
        if found:
            return found
    return None


def moment_of(name: str, *, is_new: bool) -> Moment:
    """Return when the time of a field is; of a record that is new, most is now."""
    words = set(words_of(name))
    if words & AHEAD:
        return Moment.FUTURE
    if is_new and (words & NEW or words <= TIMES):
        return Moment.NOW
    return Moment.LATELY if words & LATE else Moment.PAST


def is_not_yet(name: str) -> bool:
    """Return whether a field tells of something that has not happened to a new record."""
    return bool(set(words_of(name)) & NOT_YET)


def is_affirmed(name: str) -> bool:
    """Return whether a flag of this name is true where nothing is said."""
    words = words_of(name)
    return bool(set(words) & AFFIRMED) and "not" not in words


def has_word(name: str, among: frozenset[str]) -> bool:
    """Return whether a name ends with one of these words."""
    return bool(set(words_of(name)[-1:]) & among)
