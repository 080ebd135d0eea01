"""Cases: how the brand promises, three years of the many by SQL, and the open ones of the cast by the product's verbs."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from customers.models import Customer, Event
from scrm.kernel.words import words
from staff.models import Calendar, CalendarHours, Store, Team, User
from tickets import goodwill, promises
from tickets.models import (
    Authority,
    ClockPause,
    Handover,
    Kind,
    Macro,
    Procedure,
    ProcedureStep,
    PromiseClock,
    PromiseTarget,
    Reason,
    Rung,
    SavedView,
    Scope,
    Status,
    StoreBudget,
    Ticket,
    Topic,
)
from touchpoints.models import Message

# Set up by migrations and the brand, not loaded: a load that was cut off leaves them.
SET_UP = (Topic, Status, PromiseTarget, Rung, Reason, Authority, StoreBudget, Procedure, ProcedureStep)
# level: minutes of work to the first answer, to the next one, until somebody is there, to the end
BY_LEVEL = {"silver": (30, 60, 480, 1800), "gold": (15, 30, 360, 1440), "black": (10, 20, 240, 960)}


def plant_set_up() -> None:
    """The desk's hours, nine to nine every day, and what each level is promised."""
    desk, made = Calendar.objects.get_or_create(code="desk", defaults={"name": words("客服", "客服", "Desk")})
    if made:
        CalendarHours.objects.bulk_create(
            CalendarHours(calendar=desk, weekday=day, opens=time(9), closes=time(21)) for day in range(7)
        )
    PromiseTarget.objects.filter(calendar=None).update(calendar=desk)
    for grade, minutes in BY_LEVEL.items():
        for metric, count in zip(("first", "next", "onsite", "end"), minutes, strict=True):
            PromiseTarget.objects.get_or_create(
                metric=metric, topic=None, grade=grade, defaults={"minutes": count, "calendar": desk}
            )


# Thirty a hundred customers over three years: a case is a function of the customer's number and its place.
CASES = """
with drawn as (
  select c.id as customer, c.home_store_id as store, k.nth,
    ('x' || substr(md5('case' || c.number || k.nth), 1, 7))::bit(28)::int as a,
    ('x' || substr(md5('case' || c.number || k.nth), 8, 7))::bit(28)::int as b,
    ('x' || substr(md5('case' || c.number || k.nth), 15, 7))::bit(28)::int as d
  from customers_customer c cross join generate_series(1, 2) as k (nth)
  where c.merged_into_id is null and c.erased_at is null and not c.provisional),
chosen as (
  select *, d %% 1000 as t, d / 1000 %% 100 as ch, b %% 1000 as fate,
    %(end)s::timestamptz + interval '1 hour' - make_interval(secs => (b / 7 %% 94608000)::float8) as at
  from drawn where a %% 1000 < 150),
sorted as (
  select *, case when t < 210 then 'delivery' when t < 400 then 'return' when t < 510 then 'size' when t < 630 then 'fault'
      when t < 710 then 'points' when t < 790 then 'coupon' when t < 880 then 'product' when t < 910 then 'invoice'
      when t < 940 then 'appointment' when t < 960 then 'gift' when t < 980 then 'praise' when t < 988 then 'safety'
      else 'manner' end as topic_code,
    case when ch < 27 then 'wecom' when ch < 49 then 'app' when ch < 66 then 'mini' when ch < 82 then 'phone'
      when ch < 91 then 'store' when ch < 95 then 'mail' when ch < 98 then 'web' else 'social' end as way,
    interval '1 second' * (60 + (a / 1000 %% 7200)) as answered, interval '1 second' * (9000 + (a / 13 %% 190000)) as took
  from chosen)
insert into tickets_ticket (number, customer_id, subject, topic_id, state, urgency, risk, ordinary, priority, reasons,
  rank_at, mood, by_hand, store_id, channel, channels, opened_at, answered_at, last_at, resolved_at, closed_at, reopened,
  entries_count, dedup_key, source, source_ref, version)
select nextval('tickets_number'), s.customer,
  (array[%(subjects)s])[1 + (s.t + s.ch) %% %(many)s] , t.id,
  case when s.at + s.took > %(end)s then 'open' when s.at + s.took + interval '7 days' > %(end)s then 'resolved'
       else 'closed' end,
  t.urgency, t.risk, t.risk = '', case when t.risk <> '' then 100 else (array[15, 30, 50, 65])[t.urgency] end,
  jsonb_build_array(jsonb_build_object('code', 'urgency', 'points', (array[15, 30, 50, 65])[t.urgency],
                                       'urgency', t.urgency)),
  s.at - interval '30 minutes' * case when t.risk <> '' then 100 else (array[15, 30, 50, 65])[t.urgency] end, '', false,
  s.store, s.way, case when s.fate < 260 then jsonb_build_array(s.way, 'phone') else jsonb_build_array(s.way) end, s.at,
  s.at + s.answered, least(s.at + s.took, %(end)s), case when s.at + s.took <= %(end)s then s.at + s.took end,
  case when s.at + s.took + interval '7 days' <= %(end)s then s.at + s.took + interval '7 days' end, 0,
  3 + s.fate %% 3, '', 'demo', s.customer || ':' || s.nth, 1
from sorted s join tickets_topic t on t.code = s.topic_code
order by s.customer, s.nth
on conflict do nothing
"""
ENTRIES = """
insert into tickets_entry (ticket_id, customer_id, direction, channel, on_behalf, machine, body, at, source, source_ref)
select t.id, t.customer_id, case k.nth when 1 then 'in' when 2 then 'out' when 3 then 'in' when 4 then 'out' else '' end,
  case when k.nth = 5 then '' else t.channel end, false, false,
  case k.nth when 1 then t.subject || (array['，麻烦看一下', '，在吗', '', '，谢谢'])[1 + t.id %% 4]
    when 2 then (array['看到了，我来查，稍等。', '您好，马上给您处理。', '抱歉让您久等，我这就去问。'])[1 + t.id %% 3]
    when 3 then (array['好的，谢谢', '大概要多久', '那我等您消息'])[1 + t.id / 3 %% 3]
    when 4 then (array['办好了，您看一下。', '已经安排，明天到。', '给您换了一件，原来的不用寄回。'])[1 + t.id / 5 %% 3]
    else (array['已和仓库确认', '按三包处理', '客户很满意'])[1 + t.id / 7 %% 3] end,
  case k.nth when 1 then t.opened_at when 2 then t.answered_at else t.answered_at + (t.last_at - t.answered_at) * (k.nth - 2) / 3
    end, 'demo', t.id || ':' || k.nth
from tickets_ticket t cross join generate_series(1, 5) as k (nth)
where t.source = 'demo' and k.nth <= t.entries_count and (t.opened_at >= %(since)s or k.nth <= 2)
order by t.id, k.nth
"""
CLOCKS = """
insert into tickets_promiseclock (ticket_id, metric, cycle, words, target, calendar_id, because, started_at, due_at, met_at,
  missed_at, rung)
select t.id, m.metric, 1, '', g.minutes * 60, null, '{"by": "rule", "grade": ""}', t.opened_at,
  t.opened_at + g.minutes * interval '1 minute' * m.stretch,
  case m.metric when 'first' then t.answered_at else t.resolved_at end,
  case when coalesce(case m.metric when 'first' then t.answered_at else t.resolved_at end, %(end)s)
            > t.opened_at + g.minutes * interval '1 minute' * m.stretch
       then t.opened_at + g.minutes * interval '1 minute' * m.stretch end, 0
from tickets_ticket t cross join (values ('first', 2.0), ('end', 2.0)) as m (metric, stretch)
join tickets_promisetarget g on g.metric = m.metric and g.topic_id is null and g.grade = ''
where t.source = 'demo'
"""
DUE = """
update tickets_ticket t set next_due_at = c.due_at
from tickets_promiseclock c
where c.ticket_id = t.id and t.source = 'demo' and c.met_at is null and c.dropped_at is null
"""
LINES = """
insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, details, source,
  source_ref, store_id)
select t.customer_id, k.kind, case k.kind when 'case.opened' then t.opened_at else t.resolved_at end, now(),
  (case k.kind when 'case.opened' then t.opened_at else t.resolved_at end at time zone 'Asia/Shanghai')::date, 'after',
  t.channel, '', jsonb_build_object('case', t.number, 'subject', t.subject), 'demo', '', t.store_id
from tickets_ticket t cross join (values ('case.opened'), ('case.resolved')) as k (kind)
where t.source = 'demo' and t.opened_at >= %(since)s and (k.kind = 'case.opened' or t.resolved_at is not null)
order by t.id
"""
SUBJECTS = (
    "快递显示签收了，没收到", "想换小一码", "瑜伽裤起球", "鞋底开胶", "积分没到账", "优惠券用不了", "发票抬头要改", "这件外套怎么洗",
    "裤长想改短", "收到的颜色不对", "预约想改到周末", "送爸妈买哪款好", "退款什么时候到", "生日券在哪看", "包裹晚了三天",
    "尺码偏大还是偏小", "拉链坏了能修吗", "等级什么时候更新", "门店还有货吗", "导购很耐心，想表扬",
)  # fmt: skip


def plant_many(end: datetime, *, years: int = 1) -> int:
    """Set-based, after everybody is there; the lines on the timeline of the last `years`. How many cases."""
    given: dict[str, Any] = {"end": end, "since": end - timedelta(days=365 * years), "many": len(SUBJECTS)}
    with connection.cursor() as cursor:
        marks = ", ".join(["%s"] * len(SUBJECTS))
        subjects = cursor.mogrify(marks, SUBJECTS).decode()
        cursor.execute(CASES.replace("%(subjects)s", subjects.replace("%", "%%")), given)
        made = int(cursor.rowcount)
        for statement in (ENTRIES, CLOCKS, DUE, LINES):
            cursor.execute(statement, given)
    return made


def plant_cast(end: date, moment: datetime) -> None:
    """What is open at T: Mei's leggings (S2) and her shoe, the hat cord, an invoice, points, a wish that waits."""
    lin = User.objects.get(username="shu.lin")
    mei = _mei(end, moment, lin)
    if mei is not None:
        shoe = _open(
            "20418837", "跑鞋开胶，能修吗", "fault", "app", moment - timedelta(days=9), lin, "鞋头开胶了，穿了三个月"
        )
        if shoe is not None:
            shoe.answer(
                "寄来看看，我们先报价。", by=lin, channel="app", at=moment - timedelta(days=9) + timedelta(minutes=9)
            )
            shoe.hold(by=lin, reason="维修报价", status=Status.objects.get(code="wait-quote"))
    for number, subject, topic, channel, ago, owner, said in (
        ("20419014", "童装帽绳头脱落，孩子含在嘴里", "safety", "app", timedelta(minutes=66), lin, "绳头掉了孩子放嘴里，吓死我了"),
        ("20419009", "羽绒服维修，等短信", "fault", "phone", timedelta(hours=26), lin, "说好昨天下午发短信的"),
        ("20419013", "发票抬头开错，下午要报销", "invoice", "mail", timedelta(hours=22), lin, "今天四点前要交财务，麻烦快一点"),
        ("20419012", "积分没到账，订单 A-77816", "points", "mini", timedelta(hours=9), None, "付了两天了，积分还没有"),
        ("20419011", "想知道黑卡有什么", "points", "web", timedelta(hours=30), None, "黑卡和金卡差在哪"),
    ):  # fmt: skip
        _open(number, subject, topic, channel, moment - ago, owner, said)
    _ask_the_lead(lin)
    _lay_out_tools(lin)
    _in_their_time(moment)


def _ask_the_lead(lin: User) -> None:
    """Two gifts above what an agent may give: they wait for a lead of West Lake."""
    asked = (("20418837", "瑜伽裤起球，要换一条", Kind.POINTS, 800, "late", "答复晚了两天，客户等了两次"),
             ("20419009", "羽绒服维修，等短信", Kind.MONEY, 12_000, "promise", "说好的短信没发，维修费全免"))  # fmt: skip
    for customer, subject, kind, amount, reason, said in asked:
        ticket = Ticket.objects.filter(customer__number=customer, subject=subject).first()
        if ticket is not None:
            goodwill.grant(
                ticket, kind, amount, Reason.objects.get(code=reason), by=lin, key=f"cast:{ticket.number}", words=said
            )


def _lay_out_tools(lin: User) -> None:
    """Views and macros the desk works with: some of everybody, one of Lin's own."""
    he = User.objects.get(username="qing.he")
    SavedView.keep_new("换货与维修", by=he, scope=Scope.ALL, view="all", filters={"topic": "fault"})
    SavedView.keep_new("我的邮件", by=lin, view="mine", filters={"channel": "mail"})
    Macro.keep_new("等维修报价", by=he, scope=Scope.ALL, steps=[
        {"do": "note", "words": "已问维修，等报价。"}, {"do": "move", "to": "held", "words": "维修报价"},
        {"do": "reply", "words": "寄来看看，我们先报价，报价前不收钱。"},
    ])  # fmt: skip
    Macro.keep_new("接下，明早再看", by=he, scope=Scope.ALL, steps=[
        {"do": "assign", "to": "me"}, {"do": "snooze", "to": "morning"},
    ])  # fmt: skip
    Macro.keep_new("换货回访", by=lin, steps=[{"do": "task", "words": "换货后问问合不合身", "days": 3}])


def _in_their_time(moment: datetime) -> None:
    """What the verbs wrote with the clock of today stands a little before T."""
    then = moment - timedelta(minutes=40)
    late = Event.objects.filter(Q(kind__startswith="case.") | Q(kind__startswith="goodwill."), at__gt=moment)
    late.update(at=then, business_date=timezone.localdate(then))
    Handover.objects.filter(handed_at__gt=moment).update(handed_at=then)
    PromiseClock.objects.filter(metric="own", started_at__gt=moment).update(started_at=then)
    ClockPause.objects.filter(since__gt=moment).update(since=then)
    PromiseClock.objects.filter(paused_at__gt=moment).update(paused_at=then)


def _mei(end: date, moment: datetime, lin: User) -> Ticket | None:
    from scrm.demo.cast import at

    customer = Customer.objects.filter(number="20418837").first()
    talk = Message.objects.filter(source="cast", source_ref__startswith="20418837-").order_by("place")
    if customer is None or not talk:
        return None
    ticket = _open("20418837", "瑜伽裤起球，要换一条", "fault", "wecom", at(end, 5, 12), lin, "", number=20931)
    if ticket is None:
        return None
    for message in talk.select_related("author"):
        source: dict[str, Any] = {"source": "message", "source_ref": str(message.pk), "message": message.pk}
        if message.direction == "in":
            ticket.hear(message.body, channel="wecom", at=message.at, **source)
        else:
            ticket.answer(message.body, by=message.author, channel="wecom", at=message.at, **source)
    for step, ago, minutes in zip(ticket.steps.order_by("place"), (5, 4, 1), (14, 30, 84), strict=False):
        step.tick(by=lin, at=at(end, ago, minutes))
    ticket.note("仓库漏发，已催。请在西湖店留一条 S 黑。", by=lin, at=at(end, 3, 66))
    PromiseClock.objects.filter(ticket=ticket, metric="end").update(
        due_at=at(end, -1, 720), because={"by": "word"}, promised_by=lin, warn_at=None, missed_at=None
    )  # promised anew on D−3: three working days
    promises.promise(ticket, "15:00 前给回音", moment + timedelta(minutes=38), by=lin, at=moment - timedelta(hours=4))
    Handover.to_store(
        ticket, Store.objects.get(code="HZ01"), by=lin, note="库房 A3 有一条 S 黑，先留着；别换成羊毛混纺"
    )
    PromiseClock.objects.filter(ticket=ticket, metric="next", met_at=None).update(dropped_at=moment, warn_at=None)
    promises.follow(ticket)
    return ticket


def _open(
    customer: str, subject: str, topic: str, channel: str, at: datetime, owner: User | None, said: str, *,
    number: int = 0,
) -> Ticket | None:  # fmt: skip
    person = Customer.objects.filter(number=customer, merged_into=None, erased_at=None).first()
    if person is None:
        return None
    more: dict[str, Any] = {"source": "cast", "source_ref": f"{customer}:{topic}:{channel}"}
    ticket, fresh = Ticket.open(
        person, subject, topic=Topic.objects.get(code=topic), channel=channel, at=at, owner=owner, **more
    )
    if fresh and number:
        Ticket.objects.filter(pk=ticket.pk).update(number=number)
        ticket.number = number
    Ticket.objects.filter(pk=ticket.pk).update(team=Team.objects.filter(code="desk-hangzhou").first())
    if fresh and said:
        ticket.hear(said, channel=channel, at=at, source="cast", source_ref=f"{customer}:{topic}:{channel}:1")
    return ticket
