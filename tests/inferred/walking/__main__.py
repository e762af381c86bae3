"""Walk a document, print what held, and each exception with what was answered.

python -m tests.inferred.walking posthog.yaml
python -m tests.inferred.walking posthog.yaml --url http://127.0.0.1:8010 --key phx_mock_session
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from tests.inferred.walking import Walker
from tests.inferred.walking.described import read
from tests.inferred.walking.wire import KEY, over_http, serving


def main() -> int:
    """Walk a document, print what held, and return whether there were more exceptions than are allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document", type=Path)
    parser.add_argument("--url", help="a server that answers; without it one is started for the walk")
    parser.add_argument("--key", default=KEY, help=f"the key to show ({KEY})")
    parser.add_argument("--allowed", type=int, default=0, help="how many exceptions there may be")
    options = parser.parse_args()
    with serving(options.document) if options.url is None else nullcontext(options.url) as url:
        report = Walker(read(options.document), over_http(url, options.key)).walk()
    print(*report.lines(), sep="\n")
    return int(len(report.exceptions) + len(report.life_exceptions) > options.allowed)


if __name__ == "__main__":
    sys.exit(main())
