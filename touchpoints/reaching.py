"""How many of a set of customers an offer could reach now, by the rules one contact goes by: set by set."""

from typing import Any

from django.db import connection

from scrm.kernel.registry import Reach, reaches
from scrm.kernel.segment_field import remembered
from touchpoints.models import Way
from touchpoints.models.channel import IDENTITIES
from touchpoints.models.outreach import CONSENT_OF, WAYS

KNOWN = {code for code, _words in WAYS}
STANDING = ("reached", "not_agreed", "no_way", "paused")


def _in_use() -> list[tuple[str, bool]]:
    """The ways some occasion for offers tries, and whether a channel for it is on."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select way, exists (select from touchpoints_channel c where c.way = y.way and c.state = 'on')
               from (select distinct jsonb_array_elements_text(h.ways) as way from touchpoints_channelchoice h
                     join touchpoints_outreachscene s on s.id = h.scene_id where s.kind = 'marketing') y order by 1"""
        )
        return list(cursor.fetchall())


IN_USE = remembered(_in_use)


def counted(cursor: Any, ids: str, values: dict[str, Any], at_most: int) -> Reach:
    """In the order of one contact: a pause, consent, a way that is there (see restraint.decide).

    A talk face to face needs no consent and comes about by itself: it is not counted as a way to reach somebody.
    """
    asks: list[str] = []
    there: list[str] = []
    kinds: set[str] = set()
    for way, is_on in IN_USE():
        ask = CONSENT_OF.get(way, way)  # type: ignore[call-overload]
        if not ask or way not in KNOWN:
            continue
        asks.append(ask)
        if way not in Way.values:
            there.append(f"'{ask}' = any(a.channels) and u.is_active")
        elif is_on:
            kinds |= set(IDENTITIES[Way(way)])
            held = " or ".join(f"'{kind}' = any(h.kinds)" for kind in IDENTITIES[Way(way)])
            there.append(f"'{ask}' = any(a.channels) and ({held})")
    reached = " or ".join(f"({one})" for one in there) or "false"
    agreed = "a.channels && %(reach_asks)s::text[]" if asks else "true"
    cursor.execute(
        f"""set local statement_timeout = {at_most:d};
            with who as materialized ({ids}),
              agreed as (
                select customer_id, array_agg(channel::text) as channels from (
                  select distinct on (customer_id, channel) customer_id, channel, given from customers_consent
                  where purpose = 'marketing' and customer_id in (select id from who)
                  order by customer_id, channel, at desc, id desc) x where given group by 1),
              held as (
                select customer_id, array_agg(distinct kind::text) as kinds from customers_identity
                where active and not shared and suspended_at is null and kind = any(%(reach_kinds)s::text[])
                  and customer_id in (select id from who) group by 1),
              stands as (
                select case when p.paused_until > now() then 'paused' when ({agreed}) is not true then 'not_agreed'
                         when ({reached}) is true then 'reached' else 'no_way' end as how
                from who w join customers_customer c on c.id = w.id
                left join agreed a on a.customer_id = w.id left join held h on h.customer_id = w.id
                left join customers_preference p on p.customer_id = w.id left join staff_user u on u.id = c.advisor_id)
            select count(*), {", ".join(f"count(*) filter (where how = '{one}')" for one in STANDING)} from stands""",
        values | {"reach_asks": asks, "reach_kinds": sorted(kinds)},
    )
    return Reach(*cursor.fetchone())


def register() -> None:
    reaches.add("contacts", counted)
