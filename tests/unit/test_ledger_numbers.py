"""The set of used numbers against the plainest one that can be written."""

from hypothesis import given
from hypothesis import strategies as st

from isthmus.ledger.numbers import Taken, start_of

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6)).map(lambda pair: (pair[0], sum(pair))), max_size=12)


def numbers(intervals: list[tuple[int, int]]) -> set[int]:
    return {number for low, high in intervals for number in range(low, high + 1)}


@given(spans, spans, st.integers(0, 60), st.integers(0, 6))
def test_it_knows_what_is_used(built: list[tuple[int, int]], added: list[tuple[int, int]], low: int, more: int) -> None:
    taken = Taken(built)
    for interval in added:
        taken.add(*interval)
    plain = numbers(built + added)
    overlap = taken.last_overlap(low, low + more)
    assert (overlap is not None) == bool(plain & set(range(low, low + more + 1)))
    if overlap is not None:
        assert overlap in plain
        assert overlap + 1 not in plain


@given(spans, st.integers(0, 20), st.integers(1, 5), st.integers(0, 12), st.text("abc", max_size=3))
def test_it_takes_the_next_free_slot_and_wraps(
    built: list[tuple[int, int]], base: int, size: int, slots: int, name: str
) -> None:
    plain = numbers(built)
    begin = start_of(name, slots) if slots else 0
    expected = next(
        (
            low
            for low in (base + (begin + step) % slots * size for step in range(slots))
            if not plain & set(range(low, low + size))
        ),
        None,
    )
    taken = Taken(built)
    assert taken.take(base, size, slots, name) == expected
    if expected is not None:
        assert taken.last_overlap(expected, expected + size - 1) is not None


def test_every_slot_of_a_pool_can_be_had() -> None:
    taken = Taken()
    assert sorted(taken.take(100, 10, 7, str(n)) or 0 for n in range(7)) == [100 + 10 * n for n in range(7)]
    assert taken.take(100, 10, 7, "one more") is None
