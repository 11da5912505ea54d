"""The Python library `eventsource-py`: with_eventsource.py load|append|execute EVENTS SECONDS FILE"""

import asyncio
import sys
import time
from statistics import median
from uuid import uuid4

from eventsource import (
    AggregateRepository,
    DeclarativeAggregate,
    DomainEvent,
    SQLiteEventStore,
    handles,
    register_event,
)
from pydantic import BaseModel

import sample


class Item(DomainEvent):
    aggregate_type: str = "Order"
    product_id: str
    name: str
    quantity: int
    unit_cents: int
    currency: str
    warehouse: str
    note: str


@register_event
class Opened(Item):
    event_type: str = "Opened"


@register_event
class ItemAdded(Item):
    event_type: str = "ItemAdded"


class OrderState(BaseModel):
    totals: tuple[int, int, int] = (0, 0, 0)


class Order(DeclarativeAggregate[OrderState]):
    aggregate_type = "Order"

    def _get_initial_state(self):
        return OrderState()

    def add_next(self):
        items = self.state.totals[0] if self.state else 0
        kind = ItemAdded if items else Opened
        self.create_event(kind, quantity=sample.quantity(items + 1), **sample.ITEM)

    @handles(Opened)
    def _on_opened(self, event):
        self._state = OrderState(totals=sample.added((0, 0, 0), event.quantity))

    @handles(ItemAdded)
    def _on_item_added(self, event):
        self._state = OrderState(totals=sample.added(self._state.totals, event.quantity))


async def calls(seconds, call, least=3):
    await call()
    latencies = []
    begun = time.perf_counter_ns()
    while len(latencies) < least or time.perf_counter_ns() - begun < seconds * 1e9:
        before = time.perf_counter_ns()
        await call()
        latencies.append(time.perf_counter_ns() - before)
    return latencies, (time.perf_counter_ns() - begun) / 1e9


async def opened(orders):
    order = Order(uuid4())
    order.add_next()
    await orders.save(order)
    return order


async def measure(what, events, seconds, store):
    orders = AggregateRepository(
        event_store=store, aggregate_factory=Order, aggregate_type="Order", enable_tracing=False
    )
    if what == "load":
        order = Order(uuid4())
        for _ in range(events):
            order.add_next()
        await orders.save(order)
        states = []

        async def load():
            states.append((await orders.load(order.aggregate_id)).state.totals)

        latencies, _ = await calls(seconds, load)
        wanted = sample.totals_after(events)
        sample.write(median(latencies) / 1e3, latencies, wrong=sum(state != wanted for state in states))
    elif what == "append":
        order = await opened(orders)

        async def append():
            order.add_next()
            await orders.save(order)

        latencies, took = await calls(seconds, append)
        stored = await orders.load(order.aggregate_id)
        sample.write_order(len(latencies) / took, latencies, stored.version, order.version, stored.state.totals)
    elif what == "execute":
        ids, at = [(await opened(orders)).aggregate_id for _ in range(750)], 0

        async def execute():
            nonlocal at
            order = await orders.load(ids[at // 4 % len(ids)])
            order.add_next()
            await orders.save(order)
            at += 1

        latencies, took = await calls(min(seconds, 1.0), execute)
        stored = [await orders.load(order) for order in ids]
        found, known = sum(order.version for order in stored), at + len(ids)
        wrong = sum(order.state.totals != sample.totals_after(order.version) for order in stored)
        sample.write(
            len(latencies) / took,
            latencies,
            lost=max(known - found, 0),
            doubled=max(found - known, 0),
            wrong=wrong,
        )


async def main(what, events, seconds, path):
    store = SQLiteEventStore(path)
    try:
        connection = await store._conn()
        # It sets no `synchronous`: the build's default.
        for pragma, wanted in (("synchronous", 2), ("journal_mode", "wal")):
            async with connection.execute(f"PRAGMA {pragma}") as cursor:
                assert (await cursor.fetchone())[0] == wanted, pragma
        await measure(what, events, seconds, store)
    finally:
        await store.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
