"""What another OpenAPI document says otherwise than the contract: each change by oasdiff's name, breaking or not.

`reading` takes a document from a file or a server, `shapes` brings the many ways of writing a schema to one, `schemas`
and `operations` compare, `rules` says what each change is called and whom it breaks, `telling` writes it down.
"""
