"""The funnel matcher as a program that a ClickHouse server runs: an executable function of one text.

    python -m mockserver.analytics.clickhouse.matcher match_funnel_steps

It reads blocks of lines, each with their number before them, and writes a line for each (`send_chunk_header`).
"""

from __future__ import annotations

import sys

from mockserver.analytics.clickhouse.matcher import FUNCTIONS


def main(name: str) -> None:
    """Answer until nothing is asked any more."""
    function, asked, answers = FUNCTIONS[name], sys.stdin, sys.stdout
    while header := asked.readline():
        for _ in range(int(header)):
            answers.write(function(asked.readline().rstrip("\n")) + "\n")
        answers.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in FUNCTIONS:
        print(f"expected one of {', '.join(FUNCTIONS)}", file=sys.stderr)
        raise SystemExit(2)
    main(sys.argv[1])
