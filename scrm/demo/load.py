"""The load from beginning to end: staff and cast first, then the many, then indexes and figures."""

import io
import os
import pickle
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, wait
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from typing import Any

from django.apps import apps
from django.core.management import call_command, get_commands
from django.db import connection, transaction
from django.utils import timezone

from commerce import pairs
from commerce.models import Order, Product
from customers.models import Customer
from journeys import outlook
from loyalty import liability
from loyalty.models import Programme
from scrm.demo import (
    accounts,
    advisors,
    answers,
    blocks,
    care,
    cases,
    cast,
    catalogue,
    channels,
    circles,
    guides,
    hooks,
    knowledge,
    looks,
    loyalty_cast,
    loyalty_coupons,
    loyalty_rules,
    maps,
    packages,
    pilots,
    places,
    playbooks,
    progress,
    reception,
    releases,
    resources,
    segments,
    staffing,
    voices,
    worker,
)
from scrm.demo.models import DemoLoad
from scrm.demo.world import BLOCK, FIRST_CUSTOMER, SPAN, World
from staff.models import Store, User
from touchpoints.models import AppointmentKind

ONE_AT_A_TIME = 7_052_026  # the advisory lock of a running load
KEEP_HOOKS_BELOW = 2_000  # a small load is quicker with its indexes on


class NotOurs(Exception):
    """The database holds customers that the demo did not bring."""


class AlreadyRunning(Exception):
    """Another process is loading the demo now."""


class Load:
    """One run of `manage.py demo`."""

    def __init__(
        self, *, customers: int, seed: int, end: date, moment: datetime, full_history: bool = False, workers: int = 0,
        say: Callable[[str], Any] = lambda text: None,
    ) -> None:  # fmt: skip
        self.customers, self.seed, self.end, self.moment = customers, seed, end, moment
        self.full_history, self.say = full_history, say
        self.workers = workers or os.cpu_count() or 1
        self.begun = time.monotonic()
        self.record: DemoLoad | None = None
        self.said: tuple[str, int] = ("", -1)

    def run(self) -> None:
        """Load it all. Raises NotOurs or AlreadyRunning; after any other failure the next run begins anew."""
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
            if not cursor.fetchone()[0]:
                raise AlreadyRunning
        try:
            self._run()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [ONE_AT_A_TIME])

    # private

    def _run(self) -> None:
        try:
            self._clear()
            self._note(0, "staff", 1)
            self._first_things()
            self._note(0, "customers", 3)
            self._many()
            self._note(self.customers, "figures", 94)
            self._figures()
        except NotOurs:
            raise
        except Exception:
            self._note(0, "failed", 0, state="failed")
            raise
        self._note(self.customers, "done", 100, state="done")

    def _clear(self) -> None:
        unfinished = DemoLoad.objects.filter(done_at=None).order_by("pk").last()
        if unfinished is None and (Customer.objects.exists() or Order.objects.exists()):
            raise NotOurs
        if unfinished is not None:
            self.say("A load that did not come to its end is cleared away.")
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("set constraints all immediate")
                cursor.execute(f"truncate {', '.join(_emptied())} cascade")
            hooks.put_back(unfinished.hooks, threads=1)
            unfinished.delete()
        hooks.move_sequences(dict.fromkeys([*hooks.TABLES, Product, *loyalty_rules.TABLES], 0))
        self.record = DemoLoad.objects.create(
            customers=self.customers, seed=self.seed, as_of=self.end, moment=self.moment,
            full_history=self.full_history,
        )  # fmt: skip

    def _first_things(self) -> None:
        """Who signs in, and whom they look for first."""
        with transaction.atomic():
            if not Store.objects.filter(code="HZ01").exists():
                places.plant(self.end, self.seed)
            if not User.objects.filter(username="ke.chen").exists():
                staffing.plant_cast(self.end)
        self.say(f"Staff can sign in: {', '.join(accounts.PRINTED)} with {accounts.PASSWORD}")
        with transaction.atomic():
            if not Product.objects.exists():
                catalogue.plant(self.end)
            # Before the first click: rows in the rest would keep a month from getting its own place.
            self._make_partitions()
            reception.plant_places()
            channels.plant_set_up()
            cases.plant_set_up()
            knowledge.plant(self.end, self.moment)
            cast.plant(self.end, self.moment)
            circles.plant_cast(self.end)
            answers.plant(self.end)
            loyalty_rules.plant(self.end)
            loyalty_cast.plant(self.end, self.moment, self.seed)
            channels.plant_talks(self.end)
            cases.plant_cast(self.end, self.moment)
            care.plant_cast(self.end)
        self.say("The cast is there.")
        with transaction.atomic():
            if not User.objects.filter(username="s0000").exists():
                staffing.plant_others(places.known(), self.end, self.seed)
            catalogue.plant_stock(self.end, self.seed, places.known(), self.customers)

    def _many(self) -> None:
        world = World(self.seed, self.end, self.moment, self.customers, self.full_history, places.known(),
                      catalogue.known(self.end), loyalty_rules.known())  # fmt: skip
        staffing.assign(world.places)
        number = -(-self.customers // BLOCK)
        last = dict.fromkeys(hooks.TABLES, (number + 1) * SPAN)
        last[Customer] = FIRST_CUSTOMER + self.customers + 1
        hooks.move_sequences(last)
        if self.customers > KEEP_HOOKS_BELOW:
            hooks.take_off(self._keep)
        if self.workers > 1 and number > 1 and not connection.in_atomic_block:
            self._side_by_side(world, number)
        else:
            self._one_by_one(world, number)
        assert self.record is not None
        self._note(self.customers, "indexes", 80)
        hooks.put_back(
            self.record.hooks, threads=min(self.workers, 4),
            step=lambda done, total: self._note(self.customers, "indexes", 80 + 14 * done // max(total, 1)),
        )  # fmt: skip
        self.record.hooks = []
        self.record.save(update_fields=["hooks"])

    def _keep(self, found: list[dict[str, str]]) -> None:
        assert self.record is not None
        self.record.hooks = found
        self.record.save(update_fields=["hooks"])

    def _one_by_one(self, world: World, number: int) -> None:
        done = [0.0]

        def note(customers: float) -> None:
            done[0] += customers
            self._note_customers(done[0])

        for block in range(number):
            with transaction.atomic(), connection.cursor() as cursor:
                blocks.write(cursor.cursor, world, block, note)

    def _side_by_side(self, world: World, number: int) -> None:
        """Fresh processes: nothing is inherited, so no connection is shared."""
        context = get_context("spawn")
        counter = context.Value("d", 0.0)
        address = connection.get_connection_params()
        address = {name: value for name, value in address.items() if name not in ("cursor_factory", "context")}
        with ProcessPoolExecutor(
            min(self.workers, number), mp_context=context, initializer=worker.start,
            initargs=(pickle.dumps(world), address, counter),
        ) as pool:  # fmt: skip
            jobs = {pool.submit(worker.make, block) for block in range(number)}
            while jobs:
                done, jobs = wait(jobs, timeout=1)
                for job in done:
                    job.result()
                self._note_customers(counter.value)

    def _make_partitions(self) -> None:
        with connection.cursor() as cursor:
            for back in range(0, 100, 10):
                cursor.execute("select customers_browse_month(%s)", [self.end - timedelta(days=back)])
            cursor.execute("select customers_browse_month(%s)", [self.end + timedelta(days=28)])

    def _figures(self) -> None:
        advisors.assign(self.end)
        circles.plant_others(FIRST_CUSTOMER)
        voices.plant(self.end)
        channels.plant_contacts(self.end, self.moment)
        cases.plant_many(self.moment, years=3 if self.full_history else 1)
        loyalty_coupons.count_up()
        if not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("analyze")
        liability.compute(Programme.objects.main())
        if "metrics" in get_commands():
            call_command("metrics", as_of=self.end, verbosity=0, stdout=io.StringIO())
        outlook.everybody(as_of=self.end)
        pairs.compute(as_of=self.end)
        segments.plant()
        packages.plant(self.moment)
        playbooks.plant(self.moment)
        releases.plant(self.moment)
        looks.plant(self.moment)
        resources.plant(self.moment)
        pilots.plant(self.moment)
        maps.plant(self.moment)
        guides.plant(self.moment)
        circles.compare(self.customers)
        assert self.record is not None
        self.record.done_at = timezone.now()
        self.record.save(update_fields=["done_at"])

    def _note_customers(self, done: float) -> None:
        self._note(int(done), "customers", 3 + int(77 * done / max(self.customers, 1)))

    def _note(self, done: int, step: str, percent: int, state: str = "running") -> None:
        progress.write(done, self.customers, step, state=state, percent=percent)
        if (step, percent // 10) == self.said:
            return
        self.said = (step, percent // 10)
        self.say(f"{time.monotonic() - self.begun:7.1f} s  {percent:3d} %  {step}  {done:,}/{self.customers:,}")


def _emptied() -> list[str]:
    """Every table below the staff's, but for the catalogue of places."""
    rooms = [
        apps.get_app_config(name) for name in ("customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys")
    ]
    models = [model for room in rooms for model in room.get_models(include_auto_created=True)]
    set_up = (*voices.SET_UP, *channels.SET_UP, *answers.SET_UP, *cases.SET_UP, AppointmentKind)
    return [model._meta.db_table for model in models if model not in set_up]
