"""The ready playbooks of the brand at work: who came back and who did not, who is on the way, who is stuck."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models import Customer, Segment, Task
from customers.segments.refreshing import refresh
from customers.segments.verbs import publish as publish_segment
from customers.segments.verbs import save
from journeys import packages, playbooks
from journeys.models import Enrolment, Playbook, PlaybookDay, ServicePackage, StepRun
from journeys.playbooks.drafting import troubles
from journeys.playbooks.figures import reckon_all
from journeys.playbooks.ready import READY
from scrm.demo.world import FIRST_CUSTOMER
from scrm.kernel import segment_field
from scrm.kernel.words import words
from staff.models import User

SEGMENTS: tuple[tuple[str, tuple[str, str, str], str, dict[str, Any]], ...] = (
    ("may-leave", ("可能要走", "可能要走", "May leave"), "流失挽留",
     {"all": [{"field": "may_leave", "op": "at_least", "n": 70}]}),
    ("sensitive-skin", ("说过肤质", "說過膚質", "Skin type told"), "换季护肤",
     {"all": [{"field": "fact_known", "op": "is", "key": "skin", "known": "yes"}]}),
)  # fmt: skip
# S5: of 1,900 in 100,000 a quarter is kept out; 9.8 against 6.1 of a hundred buy again within 45 days.
KEPT_OUT, BACK, BACK_ALONE, DAYS, SHARE = 0.25, 0.098, 0.061, 45, 0.019
GAPS = """
create temp table woken as
with o as (
  select customer_id, placed_at, lead(placed_at) over (partition by customer_id order by placed_at, id) as next_at
    from commerce_order where customer_id >= %(first)s and state <> 'cancelled')
select distinct on (o.customer_id) o.customer_id, o.placed_at + interval '180 days' as due,
  case when next_at <= o.placed_at + interval '180 days' + make_interval(days => %(days)s) then next_at end as back,
  ('x' || substr(md5('woken' || o.customer_id), 1, 7))::bit(28)::int / 268435456.0 as a,
  ('x' || substr(md5('woken' || o.customer_id), 8, 7))::bit(28)::int / 268435456.0 as b
 from o join customers_customer c on c.id = o.customer_id and c.merged_into_id is null and c.erased_at is null
where o.placed_at + interval '180 days' between %(moment)s - interval '240 days' and %(moment)s - interval '1 day'
  and (next_at is null or next_at > o.placed_at + interval '180 days')
order by o.customer_id, o.placed_at desc
"""
# Of those who came back on their own terms and those who did not, as many as the story tells.
ENROL = """
insert into journeys_enrolment (customer_id, playbook_id, version_id, state, alone, why, entered_at, node, due_at, tries,
  awaits, doing, trouble, trouble_text, goal_until, goal_at, ended_at, "end")
select customer_id, %(playbook)s, %(version)s, case when kept then 'control' when young then 'active' else 'ended' end,
  %(alone)s, '{"segment": "away-180"}', due, case when kept or not young then '' else 'week' end,
  case when not kept and young then due + interval '7 days' end, 0,
  case when not kept and young then '["order.paid", "visit.made"]'::jsonb else '[]' end,
  case when not kept and young then jsonb_build_object('until', due + interval '7 days') else '{}' end, '', '',
  due + make_interval(days => %(days)s), case when back is not null and back <= %(moment)s then back end,
  case when kept then due when not young then due + interval '10 days' end,
  case when kept or young then '' else 'walked' end
from (select *, due > %(moment)s - interval '6 days' as young,
        b < case when back is null then %(out_apart)s else %(out_back)s end as kept
      from woken where a < case when back is null then %(take_apart)s else %(take_back)s end) w
order by customer_id
"""
# Where the rules let something through and where not: nine of ten contacts go out.
RUNS = """
insert into journeys_steprun (enrolment_id, version_id, node, result, details, at)
select e.id, e.version_id, s.node, s.result, s.details, s.at from journeys_enrolment e
 cross join lateral (select ('x' || substr(md5('run' || e.id), 1, 7))::bit(28)::int %% 100 as d,
   e.goal_at is not null and e.goal_at < e.entered_at + interval '7 days' as came) x
 cross join lateral (values
   ('give', 'done', '{"coupon": "OLD50"}'::jsonb, e.entered_at),
   ('greet', case when x.d < 90 then 'done' else 'held' end,
     case when x.d < 90 then '{}' else jsonb_build_object('reason', (array['no_consent', 'cap', 'no_way'])[1 + x.d %% 3]) end,
     e.entered_at),
   ('week', case when x.came then 'heard' else 'over' end, '{}', e.entered_at + interval '7 days'),
   ('came', case when x.came then 'yes' else 'no' end, '{}', e.entered_at + interval '7 days'),
   (case when x.came then 'thanks' else 'call' end, case when x.d < 93 then 'done' else 'late' end, '{}',
     e.entered_at + interval '9 days')) s (node, result, details, at)
 where e.playbook_id = %(playbook)s and e.state in ('ended', 'active') and s.at <= %(moment)s
"""
STUCK = (("nobody", "call", "", 3), ("gone", "give", "SERUM0", 1))


def plant(moment: datetime) -> None:
    """Made and published once, the history drawn from the orders there are, the cast put where its story stands."""
    owner = User.objects.filter(username="yan.gu").first()
    for code, name, purpose, rule in SEGMENTS:
        segment = Segment.objects.create(code=code, name=words(*name), purpose=purpose, owner=owner)
        version = save(segment, rule, by=None)
        publish_segment(segment, version.number, by=None, instead_of=0)
        refresh(segment)
    segment_field.forget()
    made = {}
    for one in READY:
        content = {**one.content, "rules": {**one.content["rules"]}, "goal": {**one.content["goal"]}}
        if one.code == "wake":
            content["rules"]["holdout"], content["goal"]["days"] = 25, DAYS
        if troubles(content):
            continue
        playbook = playbooks.make(one.code, one.name, by=None, about=one.about, content=content)
        Playbook.objects.filter(pk=playbook.pk).update(salt=f"songxu-{one.code}", dated_on=timezone.localdate(moment))
        playbooks.publish(playbook, 1, by=owner, instead_of=0)
        Playbook.objects.filter(pk=playbook.pk).update(dated_on=timezone.localdate(moment))
        made[one.code] = playbook
    if "wake" in made:
        _history(made["wake"], moment)
    _cast(made, moment)
    reckon_all()


def _history(playbook: Playbook, moment: datetime) -> None:
    runs = playbook.running
    assert runs is not None
    values: dict[str, Any] = {"playbook": playbook.pk, "version": runs.pk, "moment": moment, "days": DAYS,
                              "first": FIRST_CUSTOMER, "alone": bool(runs.content["rules"].get("alone"))}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists woken")
        cursor.execute(GAPS, values)
        cursor.execute("select count(*), count(back) from woken")
        people, back = cursor.fetchone()
        cursor.execute("select count(*) from customers_customer where id >= %s", [FIRST_CUSTOMER])
        wanted = SHARE * cursor.fetchone()[0]
        rate = KEPT_OUT * BACK_ALONE + (1 - KEPT_OUT) * BACK
        of_back, of_apart = wanted * rate, wanted * (1 - rate)
        values |= {
            "take_back": min(1.0, of_back / back) if back else 0, "out_back": KEPT_OUT * BACK_ALONE / rate,
            "take_apart": min(1.0, of_apart / (people - back)) if people > back else 0,
            "out_apart": KEPT_OUT * (1 - BACK_ALONE) / (1 - rate),
        }  # fmt: skip
        cursor.execute(ENROL, values)
        cursor.execute(RUNS, values)
        cursor.execute("drop table if exists woken")
    _stuck(playbook, moment)
    _days(playbook)


def _stuck(playbook: Playbook, moment: datetime) -> None:
    rows = list(Enrolment.objects.filter(playbook=playbook, state=Enrolment.State.ACTIVE).order_by("pk")[:4])
    for trouble, node, text, many in STUCK:
        for row in rows[:many]:
            Enrolment.objects.filter(pk=row.pk).update(
                state=Enrolment.State.PARKED, node=node, due_at=None, awaits=[], doing={}, trouble=trouble,
                trouble_text=text, parked_at=moment - timedelta(hours=3 + row.pk % 40),
            )  # fmt: skip
            kept = ("give", "greet") if node == "call" else ()
            StepRun.objects.filter(enrolment=row).exclude(node__in=kept).delete()
        rows = rows[many:]


def _days(playbook: Playbook) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""insert into {PlaybookDay._meta.db_table} (playbook_id, "on", what, n)
                select playbook_id, entered_at::date, case state when 'control' then 'control' else 'on' end, count(*)
                from journeys_enrolment where playbook_id = %s group by 1, 2, 3 on conflict do nothing""",
            [playbook.pk],
        )


def _cast(made: dict[str, Playbook], moment: datetime) -> None:
    """P17 is to be called today (S5), P18 has the package of the scene and waits (S8), P05's birthday call (S6)."""
    people = {one.number: one for one in Customer.objects.living().filter(pk__lt=FIRST_CUSTOMER)}
    if "wake" in made and (han := people.get("20419017")):
        row = _enrolled(made["wake"], han, moment - timedelta(days=7, hours=2), {"segment": "away-180"}, "call")
        _ran(
            row, ("give", "done", {"coupon": "OLD50"}), ("greet", "done", {}), ("week", "over", {}), ("came", "no", {})
        )
        _asked(row, "打电话问候，或者约到店", moment, 0)
    if "potential" in made and (ding := people.get("20419018")):
        entered = moment - timedelta(days=4)
        row = _enrolled(made["potential"], ding, entered, {"segment": "premium-lookers"}, "fortnight")
        _ran(row, ("package", "done", {"package": "after-work"}), ("hello", "done", {}))
        until = entered + timedelta(days=14)
        waits = {"until": until.isoformat()}
        Enrolment.objects.filter(pk=row.pk).update(due_at=until, doing=waits, awaits=["visit.made", "trial.logged",
                                                                                      "order.paid"])  # fmt: skip
        package = ServicePackage.objects.filter(code="after-work").first()
        if package is not None:
            packages.give(ding, package, by=None, why=str(made["potential"]), since=entered)
    if "birthday" in made and (gao := people.get("20419005")):
        row = _enrolled(made["birthday"], gao, moment - timedelta(hours=4), {"date": "birthday"}, "call")
        _ran(row, ("top", "yes", {}))
        _asked(row, "生日电话；先看过敏与在意，再备礼", moment, 3)


def _enrolled(playbook: Playbook, customer: Customer, at: datetime, why: dict[str, Any], node: str) -> Enrolment:
    version = playbook.running
    assert version is not None
    return Enrolment.objects.create(
        customer=customer, playbook=playbook, version=version, why=why, entered_at=at, node=node,
        due_at=at + timedelta(days=365), goal_until=at + timedelta(days=version.content["goal"]["days"]),
        alone=bool(version.content["rules"].get("alone")),
    )  # fmt: skip


def _ran(row: Enrolment, *steps: tuple[str, str, dict[str, Any]]) -> None:
    StepRun.objects.bulk_create(
        StepRun(enrolment=row, version_id=row.version_id, node=node, result=result, details=details,
                at=row.entered_at + timedelta(minutes=place, days=7 if node in ("week", "came") else 0))
        for place, (node, result, details) in enumerate(steps)
    )  # fmt: skip


def _asked(row: Enrolment, what: str, moment: datetime, days: int) -> None:
    """The colleague's step as the playbook would have made it."""
    owner = row.customer.advisor
    if owner is None:
        return
    day = timezone.localdate(moment) + timedelta(days=days)
    task = Task.objects.create(customer=row.customer, what=what, due_on=day, owner=owner, made_at=moment)
    until = timezone.make_aware(datetime.combine(day + timedelta(days=1), datetime.min.time()))
    doing = {"task": task.pk, "until": until.isoformat()}
    Enrolment.objects.filter(pk=row.pk).update(due_at=until, doing=doing, awaits=["task.done", "task.dropped"])
