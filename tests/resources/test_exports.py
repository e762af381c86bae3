"""Exports and uploaded images. Source: recorded answers; the servers' sources."""

from __future__ import annotations

import io
import zipfile

import pytest

from mockserver.resources.reporting import media
from mockserver.resources.reporting.sheets import rows_of

EXPORTS = "/api/projects/1/exports/"
MEDIA = "/api/projects/1/uploaded_media/"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SOURCE = {"source": {"kind": "HogQLQuery", "query": "select 1 as a, 'x,y' as b"}}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def test_a_query_is_exported_as_a_table(observed) -> None:
    pytest.importorskip("chdb")
    made = observed.post(EXPORTS, {"export_format": "text/csv", "export_context": SOURCE}).json
    assert (made["has_content"], made["filename"], made["exception"]) == (False, "export.csv", None)
    assert made["expires_after"] == "2026-07-16T00:00:00Z"
    path = f"{EXPORTS}{made['id']}/"
    assert observed.get(path).json["has_content"] is True
    content = observed.get(f"{path}content/?download=true")
    assert (content.content_type, content.get_data()) == ("text/csv", b'a,b\r\n1,"x,y"\r\n')
    assert content.headers["Content-Disposition"] == 'attachment; filename="export.csv"'
    book = observed.post(EXPORTS, {"export_format": WORKBOOK, "export_context": SOURCE}).json["id"]
    with zipfile.ZipFile(io.BytesIO(observed.get(f"{EXPORTS}{book}/content/").get_data())) as archive:
        assert b"<v>1</v>" in archive.read("xl/worksheets/sheet1.xml")
    assert [one["id"] for one in observed.get(EXPORTS).json["results"]] == [book, made["id"]]


def test_what_is_not_made_says_why(observed) -> None:
    pytest.importorskip("chdb")
    bad = {"source": {"kind": "HogQLQuery", "query": "select nonsense from events"}}
    for body, exception in (
        ({"export_format": "image/png", "dashboard": 1}, "Images and videos are not made here."),
        ({"export_format": "text/csv", "export_context": bad}, "Unable to resolve field: nonsense"),
    ):
        path = f"{EXPORTS}{observed.post(EXPORTS, body).json['id']}/"
        shown = observed.get(path).json
        assert (shown["has_content"], shown["exception"]) == (False, exception)
        assert observed.get(f"{path}content/").status_code == 404


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"insight": 1}, "This field is required."),
        ({"export_format": "text/csv"}, "Either dashboard, insight or export_context is required for an export."),
        ({"export_format": "text/zzz", "insight": 1}, '"text/zzz" is not a valid choice.'),
        ({"export_format": "application/pdf", "insight": 1}, "Export format application/pdf is not supported."),
    ],
)
def test_what_cannot_be_exported_is_refused(either, body, detail) -> None:
    refused = either.post(EXPORTS, body)
    assert (refused.status_code, refused.json["detail"]) == (400, detail)


@pytest.mark.parametrize(
    ("answer", "rows"),
    [
        (
            {"results": [{"label": "a", "labels": ["1-Jan-2026"], "data": [3], "action": {"custom_name": "A"}}]},
            [{"series": "a", "custom name": "A", "1-Jan-2026": 3}],
        ),
        ({"results": [{"label": "a", "data": [], "days": [], "aggregated_value": 7}]},
         [{"series": "a", "total count": 7}]),
        (
            {"results": [{"label": "Day 0", "date": "d", "values": [{"count": 2}, {"count": 1}]},
                         {"label": "Day 1", "date": "e", "values": [{"count": 4}]}]},
            [{"cohort": "d", "cohort size": 2, "Day 0": 2, "Day 1": 1}, {"cohort": "e", "cohort size": 4, "Day 0": 4}],
        ),
        ({"results": [[{"name": "a", "count": 1}]]}, [{"name": "a", "count": 1}]),
        ({"results": []}, []),
    ],
)  # fmt: skip
def test_answers_of_each_kind_are_tables(answer, rows) -> None:
    assert rows_of(answer) == rows


def test_an_image_is_kept_for_whoever_knows_its_address(either) -> None:
    session = either.as_key("phx_mock_session")
    kept = session.post(MEDIA, data={"image": (io.BytesIO(PNG), "a.png", "image/png")})
    assert (kept.status_code, kept.json["name"]) == (201, "a.png")
    assert kept.headers["Location"] == kept.json["image_location"]
    seen = either.as_key(None).get(kept.json["image_location"])
    assert (seen.get_data(), seen.content_type) == (PNG, "image/png")
    assert seen.headers["Cache-Control"] == "public, max-age=315360000, immutable"
    assert either.as_key(None).get("/uploaded_media/0195ad21-3f5a-7000-8b0e-5d0b5f2f6b00").status_code == 404


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({}, 400, "no-image-provided"),
        ({"image": (b"<svg/>", "a.svg", "image/svg+xml")}, 400, "invalid_image"),
        ({"image": (PNG + b"x" * 500, "a.png", "image/png")}, 400, "file_too_large"),
        ({"image": (b"text", "a.txt", "text/plain")}, 415, "unsupported_media_type"),
    ],
)
def test_what_is_no_image_is_refused(observed, monkeypatch, data, status, code) -> None:
    monkeypatch.setattr(media, "MOST_BYTES", 100)
    files = {name: (io.BytesIO(content), *rest) for name, (content, *rest) in data.items()}
    refused = observed.as_key("phx_mock_session").post(MEDIA, data=files or {"x": "y"})
    assert (refused.status_code, refused.json["code"]) == (status, code)
