"""What every Python subject does: calls something for a while, and prints a sample as the Rust subjects do."""

import json
import resource
import time
from collections import Counter

ITEM = {
    "product_id": "550e8400-e29b-41d4-a716-446655440000",
    "name": "Premium Widget",
    "unit_cents": 9999,
    "currency": "EUR",
    "warehouse": "AMS-1",
    "note": "gift",
}


def quantity(version):
    return version * 7919 % 1000


def totals_after(events):
    """The state of an order with this many events: (items, quantity, digest)."""
    totals = (0, 0, 0)
    for version in range(1, events + 1):
        totals = added(totals, quantity(version))
    return totals


def added(totals, quantity):
    items, total, digest = totals
    return (items + 1, total + quantity, (digest * 31 + quantity) % 2**32)


def calls(seconds, call, least=3):
    """Calls it for so many seconds; answers the nanoseconds of each, and how long all took."""
    call()
    latencies = []
    begun = time.perf_counter_ns()
    while len(latencies) < least or time.perf_counter_ns() - begun < seconds * 1e9:
        before = time.perf_counter_ns()
        call()
        latencies.append(time.perf_counter_ns() - before)
    return latencies, (time.perf_counter_ns() - begun) / 1e9


def write(value, latencies, lost=0, doubled=0, skipped=0, wrong=0):
    print(
        json.dumps(
            {
                "value": value,
                "latencies": list(Counter(latencies).items()),
                "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "checked": {"lost": lost, "doubled": doubled, "skipped": skipped, "wrong": wrong},
            }
        )
    )


def write_order(value, latencies, items, acknowledged, totals):
    """Of an order that was read back: how many events it has, how many were acknowledged, and its state."""
    write(
        value,
        latencies,
        lost=max(acknowledged - items, 0),
        doubled=max(items - acknowledged, 0),
        wrong=int(totals != totals_after(items)),
    )
