"""The Python library `eventsourcing`: with_eventsourcing.py load|append|execute EVENTS SECONDS FILE"""

import sqlite3
import sys
from statistics import median

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

import sample


class Order(Aggregate):
    @event("Opened")
    def __init__(self, product_id, name, quantity, unit_cents, currency, warehouse, note):
        self.totals = sample.added((0, 0, 0), quantity)

    @event("ItemAdded")
    def add(self, product_id, name, quantity, unit_cents, currency, warehouse, note):
        self.totals = sample.added(self.totals, quantity)

    def add_next(self):
        self.add(quantity=sample.quantity(self.totals[0] + 1), **sample.ITEM)


def opened():
    return Order(quantity=sample.quantity(1), **sample.ITEM)


def main(what, events, seconds, path):
    app = Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})
    check = sqlite3.connect(path)
    # Its connections set no `synchronous`: the build's default.
    assert check.execute("PRAGMA synchronous").fetchone()[0] == 2, "FULL"
    assert check.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    check.close()

    if what == "load":
        order = opened()
        while order.version < events:
            order.add_next()
        app.save(order)
        states = []
        latencies, _ = sample.calls(seconds, lambda: states.append(app.repository.get(order.id).totals))
        wanted = sample.totals_after(events)
        wrong = sum(state != wanted for state in states)
        sample.write(median(latencies) / 1e3, latencies, wrong=wrong)
    elif what == "append":
        order = opened()
        app.save(order)

        def append():
            order.add_next()
            app.save(order)

        latencies, took = sample.calls(seconds, append)
        stored = app.repository.get(order.id)
        sample.write_order(len(latencies) / took, latencies, stored.version, order.version, stored.totals)
    elif what == "execute":
        # Orders of one to five events, as for every subject.
        orders, at = [], 0
        for _ in range(750):
            order = opened()
            app.save(order)
            orders.append(order.id)
        latencies, took = [], 0.0

        def execute():
            nonlocal at
            order = app.repository.get(orders[at // 4 % len(orders)])
            order.add_next()
            app.save(order)
            at += 1

        latencies, took = sample.calls(min(seconds, 1.0), execute)
        lost = doubled = wrong = 0
        stored = [app.repository.get(order) for order in orders]
        events_stored = sum(order.version for order in stored)
        known = at + len(orders)
        lost, doubled = max(known - events_stored, 0), max(events_stored - known, 0)
        wrong = sum(order.totals != sample.totals_after(order.version) for order in stored)
        sample.write(len(latencies) / took, latencies, lost=lost, doubled=doubled, wrong=wrong)


main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
