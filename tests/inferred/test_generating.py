from tests.inferred.conftest import DOCUMENTS
from tests.inferred.generating import generate
from tests.inferred.walking.described import read
from tests.inferred.walking.wire import serving

DOCUMENT = DOCUMENTS / "payments.yaml"


def test_generated_requests_meet_no_server_error_and_no_answer_off_its_schema():
    with serving(DOCUMENT) as url:
        report = generate(read(DOCUMENT), url, examples=3)
    assert not report.failures, "\n".join(report.lines())
    assert report.statuses[200] and report.statuses[400] and report.statuses[404]
    assert not report.left_out
