"""Households, companies, findings from outside, and pairs of records for the operator."""

from datetime import date, timedelta

from django.db import connection

from customers.merging import merge, unmerge
from customers.models import Company, Customer, Event, Household, MergeOperation, OutsideSignal
from customers.resolution.run import resolve
from scrm.demo.cast import at
from scrm.demo.cast_people import MEI
from staff.models import User

COMPARED_UP_TO = 50_000  # more than that waits for the night

COMPANIES = (
    ("澜峰设计", "室内设计", 1449, "wen.jiang",
     (("20419015", "decider", "创始人"), ("20419035", "buyer", "行政"), ("20419036", "payer", "财务"))),
    ("一鸣小厂", "五金加工", 720, "", (("20419013", "buyer", ""),)),
    ("山隐民宿", "民宿", 210, "wen.jiang", (("20419016", "decider", "主理人"),)),
)  # fmt: skip
FINDINGS = (
    ("trend", "居家运动从器材转向衣着", "三线城市的瑜伽服购买人数一年增长 12%，器材下降 4%。",
     "城市生活研究所", "内部使用，不得转发", 40, 320, ""),
    ("scene", "出差行李的重量", "受访者把 1.2 公斤视为随身衣物的上限，轻薄可叠是首要理由。",
     "场景工坊", "CC BY 4.0", 90, 640, ""),
    ("credit", "澜峰设计：付款正常", "近四个季度无逾期，建议信用额度不变。", "企信通报告", "一年，仅限授信用途", 30, 335,
     "澜峰设计"),
    ("trade", "民宿用品采购", "旺季前两个月集中采购，平均账期 45 天。", "民宿协会年报", "会员可引用", 800, 435,
     "山隐民宿"),
)  # fmt: skip

# Whoever names a company is one of its people there: one company per name and town's store.
COMPANIES_OF_THE_MASS = """
with named as (
  select p.id, p.joined_at, p.company_name || coalesce('（' || s.code || '）', '') as name
  from customers_customer p left join staff_store s on s.id = p.home_store_id
  where p.company_name <> '' and p.id >= %(first)s),
firms as (
  insert into customers_company (name, industry, since, note, created_at)
  select name, '', min(joined_at)::date, '', now() from named group by name order by name returning id, name)
insert into customers_keyperson (company_id, customer_id, part, title, since)
select f.id, n.id, (array['decider', 'buyer', 'payer', 'user'])[1 + n.id %% 4], '', n.joined_at::date
from named n join firms f using (name)
"""
# Of the same store and family name, one in five or so lives with the next: two to five people.
HOUSEHOLDS_OF_THE_MASS = """
with chosen as (
  select id, family_name, (row_number() over (partition by home_store_id, family_name order by id) - 1)
           / (2 + (hashtext(home_store_id || family_name) & 1)) as place, home_store_id, joined_at
  from customers_customer
  where family_name <> '' and home_store_id is not null and merged_into_id is null and erased_at is null
    and id %% 100 < 27 and id >= %(first)s),
living as (
  select home_store_id, family_name, place, min(id) as first, count(*) as people from chosen group by 1, 2, 3
  having count(*) > 1),
homes as (
  insert into customers_household (name, created_at)
  select family_name || ' ' || first, now() from living order by first returning id, name)
insert into customers_householdmember (household_id, customer_id, part, relation, since)
select h.id, c.id, case c.id when l.first then 'payer' else 'user' end, '', c.joined_at::date
from chosen c join living l using (home_store_id, family_name, place)
join homes h on h.name = l.family_name || ' ' || l.first
"""


def plant_cast(end: date) -> None:
    """The cast's own: Mei's parents, three companies, four findings, the sisters taken for one, Mei's second record."""
    people = {one.number: one for one in Customer.objects.filter(number__startswith="20")}
    home = Household.objects.create(name="梅家")
    family = ((MEI.number, "payer", "女儿"), ("20419002", "user", "母亲"), ("20419003", "user", "父亲"))
    for number, part, relation in family:
        home.take_in(people[number], part=part, relation=relation)
    users = {user.username: user for user in User.objects.all()}
    for name, trade, ago, advisor, named in COMPANIES:
        company = Company.objects.create(
            name=name, industry=trade, since=end - timedelta(days=ago), advisor=users.get(advisor)
        )
        for number, part, title in named:
            company.name_person(people[number], part=part, title=title)
    for kind, title, finding, source, licence, ago, days, about in FINDINGS:
        OutsideSignal.objects.create(
            kind=kind, title=title, finding=finding, source=source, licence=licence, added_by=users["yan.gu"],
            published_on=end - timedelta(days=ago), expires_on=end + timedelta(days=days - ago),
            company=Company.objects.filter(name=about).first(),
        )  # fmt: skip
    Event.objects.filter(kind="circle.joined").update(at=at(end, 400, 90), business_date=end - timedelta(days=400))
    _sisters(people["20419023"], people["20419038"], end, users["yan.gu"])


def _sisters(kept: Customer, joined: Customer, end: date, by: User) -> None:
    """Joined by mistake three weeks ago, taken apart a week later; both histories say so."""
    operation = merge(kept, joined, by=by, reason="同一地址，名字几乎一样")
    unmerge(operation, by=by, reason="是姐妹两个人，本人确认")
    MergeOperation.objects.filter(pk=operation.pk).update(at=at(end, 21, 75), undone_at=at(end, 14, 40))
    for kind, ago, minutes in (("customer.merged", 21, 75), ("customer.unmerged", 14, 40)):
        moment = at(end, ago, minutes)
        Event.objects.filter(kind=kind, customer__in=[kept, joined]).update(at=moment, business_date=moment.date())


def plant_others(first: int) -> None:
    """Companies and households of everybody else, set-based."""
    with connection.cursor() as cursor:
        cursor.execute(COMPANIES_OF_THE_MASS, {"first": first})
        cursor.execute(HOUSEHOLDS_OF_THE_MASS, {"first": first})


def compare(customers: int) -> None:
    """The comparison that otherwise comes at night lays the likeliest pairs before the operator."""
    if customers <= COMPARED_UP_TO:
        resolve()
