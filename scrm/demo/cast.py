"""The people with names of their own into the database, and their open things fresh again."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from commerce.models import Product
from customers.actions import add_identity, tie_to_store
from customers.models import Browse, BrowseSession, Customer, DataKey, Erasure, Event, Fact, Identity, VisitGrant
from customers.models.event import PHASES
from customers.privacy import erase
from scrm.demo import reception
from scrm.demo.cast_orders import Book
from scrm.demo.cast_people import MEI, PEOPLE, Person
from staff.models import Store, User
from touchpoints.models import Trial, Visit

SHANGHAI = ZoneInfo("Asia/Shanghai")
OF_CAST = "cast"  # the source of what freshen plants anew
SHARED_PHONE = "057100001234"
SHARED_TABLET = "tablet-hz01-2"


def at(end: date, ago: int, minutes: int) -> datetime:
    """`ago` days before D, so many minutes after nine, with seconds."""
    day = end - timedelta(days=ago)
    return datetime.combine(day, time(9, 0, 7 + ago % 50), SHANGHAI) + timedelta(minutes=minutes)


@transaction.atomic
def plant(end: date, moment: datetime) -> None:
    """Everybody of the cast, counted back from D, and what is open at T."""
    stage = _Stage(end)
    for person in PEOPLE:
        stage.bring(person)
    stage.extras()
    freshen(moment, goods=stage.goods)


@transaction.atomic
def freshen(moment: datetime, goods: dict[str, Product] | None = None) -> None:
    """Mei stands in West Lake since twelve minutes, and looked at yoga twice this week; Li Jing is expected."""
    mei = Customer.objects.get(number=MEI.number)
    store, ke = Store.objects.get(code="HZ01"), User.objects.get(username="ke.chen")
    _forget_the_open(mei, moment)
    arrived = moment - timedelta(minutes=12)
    visit = Visit.objects.create(
        customer=mei, store=store, received_by=ke, recognised_by="tail", arrived_at=arrived, source=OF_CAST,
        source_ref=f"open-{mei.number}",
    )  # fmt: skip
    _event(mei, "visit.made", arrived, "store", {"visit": visit.pk}, actor=ke.pk, store=store.pk, source=OF_CAST)
    tie_to_store(mei, store, on=arrived.astimezone(SHANGHAI).date())
    until = store.closing_time(moment, fallback_hour=settings.COUNTER_CLOSES)
    VisitGrant.objects.get_or_create(customer=mei, store=store, until=until, defaults={"opened_by": ke})
    reception.freshen(moment)
    for person in PEOPLE:
        if person.looked:
            _looks(Customer.objects.get(number=person.number), person, moment.astimezone(SHANGHAI).date(), goods)


def _forget_the_open(mei: Customer, moment: datetime) -> None:
    """A visit that nobody worked on goes; one with something tried on, or ended by hand, becomes history."""
    planted = Visit.objects.filter(source=OF_CAST, source_ref=f"open-{mei.number}").first()
    if planted is not None and planted.left_at is None and not planted.trials.exists():
        Event.objects.filter(customer=mei, kind="visit.made", source=OF_CAST).delete()
        planted.delete()
    Visit.objects.filter(source=OF_CAST, source_ref=f"open-{mei.number}").update(source="", source_ref="")
    Event.objects.filter(customer=mei, kind="visit.made", source=OF_CAST).update(source="")
    for visit in Visit.objects.filter(customer=mei, left_at=None):
        left = min(visit.arrived_at + timedelta(minutes=34), moment)
        Visit.objects.filter(pk=visit.pk).update(left_at=max(left, visit.arrived_at))
    Event.objects.filter(kind="browse.session", source=OF_CAST).delete()
    BrowseSession.objects.filter(source=OF_CAST).delete()
    Browse.objects.filter(source=OF_CAST).delete()


def _looks(customer: Customer, person: Person, end: date, goods: dict[str, Product] | None) -> None:
    codes = {code for _ago, what, _views in person.looked for code in what.split()}
    found = goods or {product.code: product for product in Product.objects.filter(code__in=codes)}
    for number, (ago, what, views) in enumerate(person.looked):
        seen = [found[code] for code in what.split()]
        begun = at(end, ago, 700 + 13 * number)
        name = f"{customer.number}-{number}"
        session = BrowseSession.objects.create(
            customer=customer, source=OF_CAST, session=name, visitor=f"v{customer.number}", started_at=begun,
            ended_at=begun + timedelta(minutes=views), channel="mini" if number % 2 else "app", counts={"view": views},
        )  # fmt: skip
        category = seen[0].category
        Browse.objects.bulk_create(
            Browse(
                id=customer.pk * 1000 + number * 100 + step, at=begun + timedelta(seconds=51 * step),
                customer_id=customer.pk, source=OF_CAST, visitor=session.visitor, session=name, kind="view",
                category=category.code if category else "", product=seen[step % len(seen)].code,
                channel=session.channel,
            )
            for step in range(views)
        )  # fmt: skip
        details = {
            "category": category.name if category else "", "views": views, "session": session.pk,
            "products": list(dict.fromkeys(product.code for product in seen)),
        }  # fmt: skip
        _event(customer, "browse.session", begun, session.channel, details, source=OF_CAST)


def _event(
    customer: Customer, kind: str, moment: datetime, channel: str, details: dict, *, actor: int | None = None,
    store: int | None = None, source: str = "",
) -> Event:  # fmt: skip
    """A line of history: it wakes nobody."""
    return Event.objects.create(
        customer=customer, kind=kind, at=moment, business_date=moment.astimezone(SHANGHAI).date(),
        phase=PHASES.get(kind.partition(".")[0], "during"), channel=channel, actor_id=actor, store_id=store,
        details=details, source=source,
    )  # fmt: skip


# What the people of the cast call it, and the kind it is of.
KINDS = {
    "羊毛过敏": "allergy", "坚果过敏": "allergy", "花生过敏": "allergy", "自己的话": "words", "自己的話": "words",
    "尺码": "sizes", "尺碼": "sizes", "联系方式": "contact", "目标": "goal", "家人": "family", "职业": "work",
    "送货": "delivery", "咖啡豆": "taste",
}  # fmt: skip


class _Stage:
    """Writes one person after another."""

    def __init__(self, end: date) -> None:
        self.end = end
        self.stores = {store.code: store for store in Store.objects.all()}
        self.users = {user.username: user for user in User.objects.exclude(password="!demo")}
        self.goods = {product.code: product for product in Product.objects.select_related("category")}
        self.book = Book(end, self.stores, self.goods)

    def bring(self, person: Person) -> None:
        customer = self._customer(person)
        _event(customer, "customer.joined", customer.joined_at, "app" if person.number[0] == "3" else "store", {})
        self._identities(customer, person)
        ties = [*self.book.write(customer, person, _event), *self._visits(customer, person)]
        for store, day in ties:
            tie_to_store(customer, store, on=day)
        for number, told in enumerate(person.told):
            heard = self.users.get(told.heard)
            moment = at(self.end, told.ago, 60 + 29 * number)
            moment = max(moment, customer.joined_at) if told.ago else moment - timedelta(minutes=40)
            Fact.objects.create(
                customer=customer, key=KINDS.get(told.key, told.key), value=told.value, note=told.note, concern=told.concern,
                pinned=told.pinned, told_by=told.by or customer.display_name, heard_by=heard, channel=told.channel,
                told_at=moment, confirmed_count=told.confirmed,
            )  # fmt: skip
            _event(customer, "fact.told", moment, told.channel, {"key": told.key}, actor=heard.pk if heard else None)

    def extras(self) -> None:
        """What joins nobody: the phone of a household, the tablet of a store; and the one who was erased."""
        mei, father = (Customer.objects.get(number=number) for number in (MEI.number, "20419003"))
        for customer, kind, value in ((father, "phone", SHARED_PHONE), (mei, "device", SHARED_TABLET)):
            identity = add_identity(customer, kind=kind, value=value, source="shop", shared=True)
            # A shared number is no way to find one person by its tail.
            Identity.objects.filter(pk=identity.pk if identity else 0).update(tail="")
        gone = Customer.objects.get(number="20200113")
        erase(gone, by=None)
        Customer.objects.filter(pk=gone.pk).update(erased_at=at(self.end, 30, 120))
        Erasure.objects.filter(customer=gone).update(at=at(self.end, 30, 120))
        wanfeng = Customer.objects.get(number="30419043")
        Customer.objects.filter(pk=wanfeng.pk).update(provisional=True)

    def _customer(self, person: Person) -> Customer:
        family, given, family_hant, given_hant, latin = (person.names.split("|") + [""] * 5)[:5]
        if person.locale == "zh-hant":
            family, given = family_hant, given_hant
        birthday = None if person.birthday is None else self.end + timedelta(days=person.birthday)
        advisor = self.users.get(person.advisor)
        return Customer.objects.create(
            number=person.number, family_name=family, given_name=given, latin_name=latin,
            display_name=person.shown or family + given, company_name=person.company, locale=person.locale,
            home_store=self.stores.get(person.store), advisor=advisor, birth_year=person.born,
            birth_month=birthday.month if birthday else None, birth_day=birthday.day if birthday else None,
            joined_at=at(self.end, person.joined, 35),
        )  # fmt: skip

    def _identities(self, customer: Customer, person: Person) -> None:
        verified = customer.joined_at + timedelta(minutes=2)
        if not person.phone:
            return
        add_identity(customer, kind="member_no", value=person.number, source="pos", verified_at=verified)
        if Identity.objects.holding("phone", person.phone).exists():
            # A second record of somebody: the number stays with the first.
            claim = Identity.of(customer, kind="phone", value=Identity.tidy("phone", person.phone),
                                key=DataKey.of(customer), source="app", verified_at=verified)  # fmt: skip
            claim.active = False
            claim.save()
        else:
            add_identity(customer, kind="phone", value=person.phone, source="pos", verified_at=verified)
        for kind, value in person.more.items():
            add_identity(customer, kind=kind, value=value, source="shop", verified_at=verified)

    def _visits(self, customer: Customer, person: Person) -> list[tuple[Store, date]]:
        """Visits that ended; after a purchase of that day they know what was tried on."""
        ties = []
        for ago, code, by in person.came:
            store, user = self.stores[code], self.users[by]
            bought = next((buy for buy in person.buys if buy.ago == ago and buy.way == "till"), None)
            arrived = at(self.end, ago, 62 + 31 * (ago % 9))
            minutes = 14 + ago % 23
            visit = Visit.objects.create(
                customer=customer, store=store, received_by=user, recognised_by="tail", arrived_at=arrived,
                left_at=arrived + timedelta(minutes=minutes),
            )  # fmt: skip
            _event(customer, "visit.made", arrived, "store", {"visit": visit.pk, "minutes": minutes}, actor=user.pk,
                   store=store.pk)  # fmt: skip
            if bought and not bought.fits:
                self._trials(customer, visit, bought.what.split(), minutes)
            ties.append((store, arrived.astimezone(SHANGHAI).date()))
        return ties

    def _trials(self, customer: Customer, visit: Visit, bought: list[str], minutes: int) -> None:
        worn = [self.goods[code] for code in bought if code[0] in "YR"]
        left = [self.goods[code] for code in ("Y02-BK-M", "Y03-MW-M")][: 3 - len(worn)]
        if not worn:
            return
        reasons = ["太紧", "颜色"]
        Trial.objects.bulk_create(
            [Trial(visit=visit, product=product, sku=product.code, result="bought") for product in worn]
            + [
                Trial(visit=visit, product=product, sku=product.code, result="refused", reason=reason)
                for product, reason in zip(left, reasons, strict=False)
            ]
        )
        details = {"pieces": len(worn) + len(left), "bought": len(worn), "reasons": reasons[: len(left)]}
        _event(customer, "trial.logged", visit.arrived_at + timedelta(minutes=minutes - 3), "store", details,
               actor=visit.received_by_id, store=visit.store_id)  # fmt: skip
