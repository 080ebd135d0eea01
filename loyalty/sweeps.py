"""What time does to coupons: holds that ran out go back, what is over is marked. In chunks, past locked rows."""

from django.db import connection

CHUNK = 5000
FREE = """
update loyalty_coupon set state = 'issued', held_by = '', held_until = null where id in (
  select id from loyalty_coupon where state = 'reserved' and held_until <= statement_timestamp()
  order by held_until limit %s for update skip locked)
"""
END = """
update loyalty_coupon set state = 'expired' where id in (
  select id from loyalty_coupon where state = 'issued' and valid_until <= statement_timestamp()
  order by valid_until limit %s for update skip locked)
"""


def free_held() -> int:
    """Coupons held for baskets that were never paid: free again; how many."""
    return _in_chunks(FREE)


def mark_over() -> int:
    """Coupons whose end has passed; how many. Nothing waits for the mark: every verb looks at the end itself."""
    return _in_chunks(END)


def _in_chunks(statement: str) -> int:
    changed = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, [CHUNK])
            changed += cursor.rowcount
            if cursor.rowcount < CHUNK:
                return changed
