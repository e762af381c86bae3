"""Bodies: which are read, how leniently, and how answers are written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

NOTES = "/api/projects/1/annotations/"
JSON = "application/json"


@pytest.mark.parametrize(
    ("data", "media_type", "content"),
    [
        ('{"content":"é"}'.encode(), JSON, "é"),
        ('{"content":"é"}'.encode(), "application/json; charset=utf-8", "é"),
        ('{"content":"é"}'.encode(), "Application/JSON;charset=latin-1", "é"),
        (b'{"content":"first","content":"last"}', JSON, "last"),
        (b'{"content":NaN}', JSON, "nan"),
        (b'{"content":-Infinity}', JSON, "-inf"),
        (b"content=a+b%C3%A9", "application/x-www-form-urlencoded", "a bé"),
        (b"content=first&content=last", "application/x-www-form-urlencoded", "last"),
        (b"content=", "application/x-www-form-urlencoded", ""),
        (b"", JSON, None),
        (b"  ", JSON, None),
    ],
)
def test_body_is_read(either: Client, data: bytes, media_type: str, content: str | None) -> None:
    made = either.post(NOTES, data=data, content_type=media_type)
    assert (made.status_code, made.json["content"]) == (201, content)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"{x", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b'{"content": }', "Expecting value: line 1 column 13 (char 12)"),
        (b'\xef\xbb\xbf{"content":"x"}', "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
        (b'{"content":"\xff"}', "'utf-8' codec can't decode byte 0xff in position 12: invalid start byte"),
    ],
)
def test_broken_json_is_told_in_pythons_words(either: Client, data: bytes, detail: str) -> None:
    refused = either.post(NOTES, data=data, content_type=JSON)
    assert refused.status_code == 400
    assert refused.json == {
        "type": "invalid_request", "code": "parse_error", "detail": f"JSON parse error - {detail}", "attr": None,
    }  # fmt: skip


def test_files_and_fields_come_in_many_parts(either: Client) -> None:
    made = either.post(NOTES, data={"content": "in parts"}, content_type="multipart/form-data")
    assert made.json["content"] == "in parts"


def test_parts_without_a_name_are_passed_over(client: Client) -> None:
    parts = [('"\\"', "x"), ('"plugin"', "2"), ('"order"', "1"), ('"enabled"', "false")]
    lines = [f"--b\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n" for name, value in parts]
    made = client.post(
        "/api/projects/1/pipeline_destination_configs/",
        data="".join([*lines, "--b--\r\n"]).encode(),
        content_type="multipart/form-data; boundary=b",
    )
    assert made.status_code == 201
    assert made.json["order"] == 1


@pytest.mark.parametrize(
    ("method", "path", "form", "shown"),
    [
        ("POST", NOTES, {"date_marker": "", "dashboard_id": ""}, {"date_marker": None, "dashboard_id": None}),
        ("POST", NOTES, {"content": ""}, {"content": "", "deleted": False}),
        (
            "PATCH",
            "/api/projects/2/",
            {"name": "x"},
            {"name": "x", "anonymize_ips": True, "app_urls": ["https://a.test"]},
        ),
        (
            "PUT",
            "/api/projects/2/",
            {"name": "x"},
            {"name": "x", "anonymize_ips": False, "app_urls": ["https://a.test"]},
        ),
        ("PATCH", "/api/projects/2/", {"data_attributes": '["data-id"]'}, {"data_attributes": ["data-id"]}),
        ("PATCH", "/api/projects/2/", {"session_recording_sample_rate": ""}, {"session_recording_sample_rate": None}),
        ("PATCH", "/api/projects/2/", {"product_description": ""}, {"product_description": ""}),
    ],
)
def test_form_is_read_as_a_page_sends_it(
    either: Client, method: str, path: str, form: dict[str, str], shown: dict[str, Any]
) -> None:
    either.patch("/api/projects/2/", {"anonymize_ips": True, "app_urls": ["https://a.test"]})
    answer = either(method, path, data=form)
    assert answer.status_code in (200, 201), answer.text
    assert {name: answer.json[name] for name in shown} == shown


def test_answers_are_compact_and_in_utf8(either: Client) -> None:
    made = either.post(NOTES, {"content": "é 🚀"})
    assert made.headers["Content-Type"] == JSON
    assert '"content":"é 🚀","date_marker":null'.encode() in made.get_data()
