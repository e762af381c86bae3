"""Comments: paging, filters, versions, threads, tasks, and who may change them."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.world.worlds import World
from tests.conftest import Client
from tests.request.test_auth import with_key

COMMENTS = "/api/projects/1/comments"
CLOCK = "/__admin/worlds/default/clock"
NOBODY = "01890000-0000-7000-8000-00000000dead"


def say(client: Client, content: str | None = "hello", **fields: Any) -> Any:
    response = client.post(f"{COMMENTS}/", {"content": content, "scope": "Notebook", **fields})
    assert response.status_code == 201, response.text
    return response.json


def found(client: Client, query: str = "", path: str = COMMENTS) -> list[str]:
    return [row["id"] for row in client.get(f"{path}/?{query}").json["results"]]


def refusal(response: Any) -> tuple[int, str, str | None]:
    return response.status_code, response.json["code"], response.json["attr"]


def test_a_comment_is_shown_as_its_profile_has_it(either: Client) -> None:
    made = say(either, " Hello ", item_id="42")
    assert {name: made[name] for name in ("content", "item_id", "version", "deleted", "source_comment")} == {
        "content": "Hello", "item_id": "42", "version": 0, "deleted": False, "source_comment": None,
    }  # fmt: skip
    assert made["created_by"]["id"] == 1
    assert not {"mentions", "slug"} & set(made)
    assert either.get(f"{COMMENTS}/{made['id']}/").json == made


def test_tasks_are_unknown_to_the_servers_of_late_2025(observed: Client) -> None:
    made = say(observed, is_task="not even a boolean")
    assert not {"is_task", "completed_at", "completed_by"} & set(made)
    assert made["id"] in found(observed, "kind=task&completed=completed")
    gone = observed.as_key("phx_mock_session").post(f"{COMMENTS}/{made['id']}/complete/")
    assert (gone.status_code, gone.json["detail"]) == (404, "Endpoint not found.")


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"content": "x"}, "required", "scope"),
        ({"content": "x", "scope": " "}, "blank", "scope"),
        ({"content": "x", "scope": None}, "null", "scope"),
        ({"content": "x", "scope": "s" * 80}, "max_length", "scope"),
        ({"scope": "s"}, "invalid_input", None),
        ({"scope": "s", "content": "  "}, "invalid_input", None),
        ({"scope": "s", "content": None, "rich_content": {}}, "invalid_input", None),
        ({"scope": "s", "content": "a\x00"}, "null_characters_not_allowed", "content"),
        ({"scope": "s", "content": ["a"]}, "invalid_input", "content"),
        ({"scope": "s", "content": "x", "rich_content": "text"}, "not_a_dict", "rich_content"),
        ({"scope": "s", "content": "x", "rich_content": {"a": ["\ud800"]}}, "surrogate_characters_not_allowed",
         "rich_content"),
        ({"scope": "s", "content": "x", "item_id": ""}, "blank", "item_id"),
        ({"scope": "s", "content": "x", "item_id": "i" * 73}, "max_length", "item_id"),
        ({"scope": "s", "content": "x", "source_comment": NOBODY}, "does_not_exist", "source_comment"),
        ({"scope": "s", "content": "x", "source_comment": 5}, "does_not_exist", "source_comment"),
        ({"scope": "s", "content": "x", "source_comment": "abc"}, "invalid_input", "source_comment"),
        ({"scope": "s", "content": "x", "source_comment": [1]}, "invalid_input", "source_comment"),
        ({"scope": "s", "content": "x", "source_comment": -1}, "invalid_input", "source_comment"),
        ({"scope": "s", "content": "x", "mentions": "1"}, "not_a_list", "mentions"),
        ({"scope": "s", "content": "x", "mentions": ["a"]}, "invalid_input", "mentions__0"),
        ({"scope": "s", "content": "x", "slug": ""}, "blank", "slug"),
        ({"scope": "s", "content": "x", "deleted": "maybe"}, "invalid_input", "deleted"),
        ([], "invalid_input", None),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_refused(either: Client, body: Any, code: str, attr: str | None) -> None:
    before = either.get(f"{COMMENTS}/count/").json
    assert refusal(either.post(f"{COMMENTS}/", body)) == (400, code, attr)
    assert either.get(f"{COMMENTS}/count/").json == before


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"content": "x"}, "This field is required."),
        ({"scope": "s"}, "A comment must have content"),
        ({"scope": "s", "content": "", "rich_content": None}, "A comment must have content"),
        ({"scope": "s" * 80}, "Ensure this field has no more than 79 characters."),
        ({"scope": "s", "item_id": "i" * 73}, "Ensure this field has no more than 72 characters."),
        ({"scope": "s", "source_comment": NOBODY}, f'Invalid pk "{NOBODY}" - object does not exist.'),
    ],
)
def test_refusals_say_what_the_servers_say(either: Client, body: Any, detail: str) -> None:
    assert either.post(f"{COMMENTS}/", body).json["detail"] == detail


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("content", "x" * 100_000, "x" * 100_000),
        ("content", 5, "5"),
        ("scope", "s" * 79, "s" * 79),
        ("item_id", "i" * 72, "i" * 72),
        ("item_id", None, None),
        ("item_context", {"is_emoji": True}, {"is_emoji": True}),
        ("item_context", [1], [1]),
        ("item_context", None, None),
        ("rich_content", None, None),
        ("source_comment", None, None),
        ("deleted", None, None),
        ("version", 7, 0),
        ("created_by", None, 1),
    ],
)
def test_values_are_taken_or_passed_over(either: Client, field: str, value: Any, kept: Any) -> None:
    made = say(either, **{field: value})
    assert (made[field]["id"] if field == "created_by" else made[field]) == kept


def test_rich_content_will_do(either: Client) -> None:
    rich = {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hi"}]}]}
    assert say(either, None, rich_content=rich)["rich_content"] == rich


def test_a_comment_of_another_project_is_not_replied_to(either: Client) -> None:
    other = either.post("/api/projects/2/comments/", {"content": "there", "scope": "Notebook"}).json["id"]
    body = {"content": "x", "scope": "Notebook", "source_comment": other}
    assert refusal(either.post(f"{COMMENTS}/", body)) == (400, "does_not_exist", "source_comment")
    assert either.get(f"{COMMENTS}/{other}/").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/", "comment:read"),
        ("POST", "/", "comment:write"),
        ("GET", f"/{NOBODY}/", "comment:read"),
        ("PATCH", f"/{NOBODY}/", "comment:write"),
        ("PUT", f"/{NOBODY}/", "comment:write"),
        ("DELETE", f"/{NOBODY}/", "comment:write"),
        ("GET", f"/{NOBODY}/thread/", "comment:read"),
        ("GET", "/count/", "comment:read"),
    ],
)
def test_operations_ask_for_their_scope(either: Client, method: str, path: str, scope: str) -> None:
    others = ["comment:write", "annotation:write"]
    lacking = [name for name in others if name.split(":")[0] != scope.split(":")[0]]
    lacking += [scope.replace("write", "read")] if scope.endswith("write") else []
    refused = with_key(either, scopes=lacking)(method, f"{COMMENTS}{path}")
    assert (refused.status_code, refused.json["detail"]) == (403, f"API key missing required scope '{scope}'")


# Changing


def test_new_content_makes_a_new_version(either: Client) -> None:
    made = say(either, item_id="7")
    changed = either.patch(f"{COMMENTS}/{made['id']}/", {"content": "better"}).json
    assert changed == {**made, "content": "better", "version": 1}
    put = either.put(f"{COMMENTS}/{made['id']}/", {"content": "best", "scope": "Insight"}).json
    assert put == {**changed, "content": "best", "scope": "Insight", "version": 2}


@pytest.mark.parametrize("body", [{}, {"item_id": "5"}, {"content": ""}, {"content": None}, {"deleted": False}])
def test_a_change_says_the_content_each_time(either: Client, body: Any) -> None:
    made = say(either)
    refused = either.patch(f"{COMMENTS}/{made['id']}/", body)
    assert refusal(refused) == (400, "invalid_input", None)
    assert refused.json["detail"] == "A comment must have content"
    assert either.get(f"{COMMENTS}/{made['id']}/").json == made


def test_a_format_alone_is_no_new_version(either: Client) -> None:
    made = say(either)
    rich = {"type": "doc", "content": [{"type": "text", "text": "hi"}]}
    changed = either.patch(f"{COMMENTS}/{made['id']}/", {"rich_content": rich}).json
    assert changed == {**made, "rich_content": rich}
    assert either.patch(f"{COMMENTS}/{made['id']}/", {"deleted": True}).json["version"] == 0


def test_others_comments_are_left_alone(either: Client) -> None:
    made = say(either)
    member = either.as_key("phx_mock_member")
    assert member.patch(f"{COMMENTS}/{made['id']}/", {"deleted": True}).json["code"] == "permission_denied"
    for method in ("PATCH", "PUT"):
        refused = member(method, f"{COMMENTS}/{made['id']}/", {"content": "mine now", "scope": "Notebook"})
        assert refused.status_code == 403
        assert refused.json["detail"] == "You can only modify your own comments"
    assert member.get(f"{COMMENTS}/{made['id']}/").json == made


def test_deleted_comments_are_found_where_asked_for(either: Client) -> None:
    id = say(either)["id"]
    assert either.patch(f"{COMMENTS}/{id}/", {"deleted": True}).json["deleted"] is True
    assert id not in found(either) and id in found(either, "deleted=true") and id in found(either, "deleted=")
    assert either.get(f"{COMMENTS}/{id}/").status_code == 404
    assert either.put(f"{COMMENTS}/{id}/", {"content": "x", "scope": "s"}).status_code == 404
    assert either.get(f"{COMMENTS}/{id}/?deleted=true").status_code == 200
    assert either.patch(f"{COMMENTS}/{id}/", {"deleted": False, "content": "back"}).status_code == 200
    assert id in found(either)


def test_hard_deletion_is_refused_with_an_empty_body(either: Client) -> None:
    for id in (say(either)["id"], NOBODY, "abc"):
        refused = either.delete(f"{COMMENTS}/{id}/")
        assert (refused.status_code, refused.data) == (405, b"")


def test_forms_are_read_as_django_reads_them(either: Client) -> None:
    form = "content=a&content=b&scope=Notebook&rich_content=%7B%22a%22:1%7D&item_context=[1]&deleted="
    sent = {"data": form, "content_type": "application/x-www-form-urlencoded"}
    made = either.post(f"{COMMENTS}/", **sent).json
    assert (made["content"], made["rich_content"], made["item_context"]) == ("b", {"a": 1}, [1])
    sent["data"] = "content=a&scope=Notebook&item_context=text"
    assert refusal(either.post(f"{COMMENTS}/", **sent)) == (400, "invalid_input", "item_context")


# Filters


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("scope=Dashboard", "dr"),
        ("scope=Nothing", ""),
        ("item_id=7", "d"),
        ("item_id=7&scope=Notebook", ""),
        ("item_id=8&item_id=7", "d"),
        ("search=deploy+PLAIN", "p"),
        ("search=depl", ""),
        ("search=the+plainly+deployed", "p"),
        ("search=the", ""),
        ("exclude_emoji_reactions=true", "dpr"),
        ("exclude_emoji_reactions=yes", "depr"),
        ("scope=conversations_ticket", "s"),
        ("", "depr"),
        ("kind=nonsense&completed=nonsense", "depr"),
    ],
)
def test_filters_hold_for_lists_counts_and_single_comments(either: Client, query: str, expected: str) -> None:
    made = {say(either, "A plain deploy")["id"]: "p", say(either, scope="Dashboard", item_id="7")["id"]: "d"}
    made[say(either, "👍", item_context={"is_emoji": True})["id"]] = "e"
    made[say(either, "and?", scope="Dashboard", source_comment=next(iter(made)))["id"]] = "r"
    made[say(either, "Please help", scope="conversations_ticket")["id"]] = "s"
    expected = "".join(sorted(set(expected)))
    assert "".join(sorted(made[id] for id in found(either, query) if id in made)) == expected
    for id, letter in made.items():
        assert either.get(f"{COMMENTS}/{id}/?{query}").status_code == (200 if letter in expected else 404)
    assert either.get(f"{COMMENTS}/count/?{query}").json == {"count": len(found(either, query))}


def test_replies_are_a_thread(either: Client) -> None:
    parent = say(either)["id"]
    replies = [say(either, f"reply {number}", source_comment=parent)["id"] for number in range(3)]
    say(either, "reply to a reply", source_comment=replies[0])
    newest_first = replies[::-1]
    assert found(either, path=f"{COMMENTS}/{parent}/thread") == newest_first
    assert found(either, f"source_comment={parent.upper()}") == newest_first
    assert found(either, "search=reply+1", path=f"{COMMENTS}/{parent}/thread") == [replies[1]]
    assert found(either, path=f"{COMMENTS}/{NOBODY}/thread") == []
    assert either.get(f"{COMMENTS}/abc/thread/").status_code == 404
    assert refusal(either.get(f"{COMMENTS}/?source_comment=abc")) == (400, "invalid_input", "source_comment")


# Pages


@pytest.mark.parametrize("step", [0, 1, 0.4])
def test_pages_are_walked_forth_and_back(either: Client, step: float) -> None:
    either.flask.put(CLOCK, json={"freeze": "2040-01-01T00:00:00Z"})
    made = []
    for number in range(230):
        made.append(say(either, f"number {number}", item_id="walk")["id"])
        if number % 3 == 0:
            either.flask.put(CLOCK, json={"advance": step})
    newest_first = made[::-1]
    for query in ("item_id=walk", "scope=Notebook"):
        pages, url = [], f"{COMMENTS}/?{query}"
        while url and len(pages) < 3:
            page = either.get(url).json
            pages.append(page)
            url = page["next"] and urlsplit(page["next"])._replace(scheme="", netloc="").geturl()
        rows = [row["id"] for page in pages for row in page["results"]]
        assert rows[:230] == newest_first
        assert len(pages[0]["results"]) == len(pages[1]["results"]) == 100
        back = either.get(urlsplit(pages[1]["previous"])._replace(scheme="", netloc="").geturl()).json
        assert [row["id"] for row in back["results"]] == newest_first[:100]
        assert pages[0]["previous"] is None


@pytest.mark.parametrize(
    "cursor", ["abc", "%00", base64.b64encode(b"o=-1").decode(), base64.b64encode(b"o=x").decode()]
)
def test_a_broken_cursor_is_not_found(either: Client, cursor: str) -> None:
    refused = either.get(f"{COMMENTS}/?cursor={cursor}")
    assert (refused.status_code, refused.json["detail"]) == (404, "Invalid cursor")


def test_limit_is_ignored_and_there_is_no_count(either: Client) -> None:
    made = {say(either)["id"], say(either)["id"]}
    page = either.get(f"{COMMENTS}/?limit=1").json
    assert list(page) == ["next", "previous", "results"]
    assert made <= {row["id"] for row in page["results"]}


# Tasks


def test_a_task_is_done_and_done_again(client: Client) -> None:
    session = client.as_key("phx_mock_session")
    task = say(client, is_task=True)
    path = f"{COMMENTS}/{task['id']}"
    done = session.post(f"{path}/complete/")
    assert done.status_code == 200
    assert done.json == {**task, "completed_at": "2026-01-15T12:00:00Z", "completed_by": task["created_by"]}
    assert task["id"] in found(client, "kind=task&completed=completed")
    assert task["id"] not in found(client, "kind=task&completed=open")
    assert session.post(f"{path}/complete/").json["detail"] == "Task is already complete"
    assert session.post(f"{path}/reopen/").json == task
    assert session.post(f"{path}/reopen/").json["detail"] == "Task is already open"
    assert task["id"] in found(client, "kind=task&completed=open")


def test_kinds_tell_tasks_from_comments(client: Client) -> None:
    task, plain = say(client, is_task=True)["id"], say(client)["id"]
    assert {task, plain} & set(found(client, "kind=task")) == {task}
    assert {task, plain} & set(found(client, "kind=comment&completed=completed")) == {plain}
    assert {task, plain} <= set(found(client, "kind=any"))


def test_a_comment_is_no_task(client: Client) -> None:
    session, plain = client.as_key("phx_mock_session"), say(client)["id"]
    assert session.post(f"{COMMENTS}/{plain}/complete/").json["detail"] == "Only tasks can be marked complete"
    assert session.post(f"{COMMENTS}/{plain}/reopen/").json["detail"] == "Only tasks can be reopened"
    assert session.post(f"{COMMENTS}/{NOBODY}/reopen/").status_code == 404
    changed = client.patch(f"{COMMENTS}/{plain}/", {"content": "x", "is_task": True})
    assert refusal(changed) == (400, "invalid_input", "is_task")


def test_scoped_keys_do_not_complete_tasks(client: Client) -> None:
    for id in (say(client, is_task=True)["id"], NOBODY):
        refused = client.post(f"{COMMENTS}/{id}/complete/")
        assert refused.json["detail"] == "This action does not support Personal API Key access"


@pytest.mark.parametrize("reply", [True, False])
def test_replies_and_reactions_are_no_tasks(client: Client, reply: bool) -> None:
    parent = say(client)["id"]
    more = {"source_comment": parent} if reply else {"item_context": {"is_emoji": True}}
    refused = client.post(f"{COMMENTS}/", {"content": "x", "scope": "Notebook", "is_task": True, **more})
    assert refusal(refused) == (400, "invalid_input", "is_task")
    assert refused.json["detail"] == ("Replies" if reply else "Emoji reactions") + " cannot be tasks."


# Side effects


def test_those_mentioned_are_kept_if_they_are_members(client: Client, world: World) -> None:
    rich = {"type": "doc", "content": [{"type": "ph-mention", "attrs": {"id": 2}}]}
    ids = [
        say(client, mentions=[3, 4, 99], rich_content=rich, slug="/notebooks/x")["id"],
        say(client, rich_content=rich)["id"],
    ]
    comments = world.store.view().table("comments")
    assert [comments.get(id)["mentions"] for id in ids] == [[3], [2]]


def test_a_comment_stands_in_the_activity_of_what_it_is_about(either: Client) -> None:
    either.flask.put(CLOCK, json={"freeze": "2040-01-01T00:00:00Z"})
    say(either, "look at this", scope="Person", item_id="12345")
    entry = either.get("/api/projects/1/persons/activity/").json["results"][0]
    assert (entry["activity"], entry["scope"], entry["item_id"]) == ("commented", "Person", "12345")
    assert entry["detail"]["changes"] == [
        {"type": "Comment", "action": "created", "field": "content", "before": None, "after": "look at this"}
    ]
    assert entry["user"]["email"] == "owner@hedgebox.test"


def test_replies_and_tasks_are_logged_as_such(client: Client, world: World) -> None:
    parent = say(client, is_task=True, scope="recording", item_id="9")["id"]
    say(client, source_comment=parent)
    client.as_key("phx_mock_session").post(f"{COMMENTS}/{parent}/complete/")
    client.as_key("phx_mock_session").post(f"{COMMENTS}/{parent}/reopen/")
    entries = sorted(world.store.view().table("activity_log"), key=lambda entry: entry["number"])[-4:]
    assert [(entry["activity"], entry["scope"], entry["item_id"]) for entry in entries] == [
        ("created task", "Replay", "9"),
        ("commented", "Comment", parent),
        ("completed task", "Replay", "9"),
        ("reopened task", "Replay", "9"),
    ]
