import tracemalloc

from mockserver.road.rendering import encode


def test_encoded_value_takes_no_more_memory_than_it_is_long() -> None:
    record = {"content": "x" * 600}
    tracemalloc.start()
    kept = [encode(record) for _ in range(100)]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1.2 * sum(map(len, kept)) + 10_000
