"""When a message is tried again."""

from datetime import timedelta

from shipments.services.webhooks.schedule import WAITS, wait_after


def test_schedule_is_that_of_the_specification():
    since = [timedelta()]
    for failures in range(1, 10):
        since.append(since[-1] + wait_after(failures, chance=0))
    assert [str(each) for each in since] == [
        "0:00:00", "0:00:05", "0:05:05", "0:35:05", "2:35:05", "7:35:05", "17:35:05", "1 day, 7:35:05",
        "2 days, 3:35:05", "3 days, 3:35:05",
    ]  # fmt: skip
    assert wait_after(10, chance=0) is None


def test_chance_makes_a_wait_longer_by_a_tenth_at_most():
    for failures, wait in enumerate(WAITS, start=1):
        assert wait_after(failures, chance=1) == wait * 1.1


def test_retry_after_is_waited_for_where_it_is_longer_up_to_a_day():
    assert wait_after(1, chance=0, asked=timedelta(minutes=2)) == timedelta(minutes=2)
    assert wait_after(4, chance=0, asked=timedelta(minutes=2)) == timedelta(hours=2)
    assert wait_after(1, chance=0, asked=timedelta(days=400)) == timedelta(hours=24)
    assert wait_after(10, chance=0, asked=timedelta(minutes=2)) is None
