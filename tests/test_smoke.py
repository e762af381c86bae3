def test_annotations(either):
    assert either.get("/api/projects/1/annotations/").status_code == 200
