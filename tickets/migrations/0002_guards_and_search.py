"""Entries are only added to; two signs of Chinese are found by an index."""

from django.db import migrations

GUARD = """
create function tickets_entry_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'Entries of cases are never deleted.';
  end if;
  -- A joined case or person takes them along, an erasure empties them; nothing else changes.
  if (new.direction, new.channel, new.author_id, new.on_behalf, new.machine, new.at, new.message_id)
     is distinct from (old.direction, old.channel, old.author_id, old.on_behalf, old.machine, old.at, old.message_id)
     or (new.body <> old.body and new.body <> '') then
    raise exception 'An entry of a case is never changed.';
  end if;
  return new;
end $$;
create trigger tickets_entry_kept before update or delete on tickets_entry
  for each row execute function tickets_entry_kept();
"""

# Every pair of neighbouring signs of the first 4,000, spaces aside: a text of two signs or more is found by its pairs.
SEARCH = """
create function tickets_pairs(words text) returns tsvector language sql immutable parallel safe as $$
  select coalesce(array_to_tsvector(array(
    select distinct substr(plain, place, 2)
    from (select regexp_replace(lower(left(words, 4000)), '\\s+', '', 'g') as plain) as text,
         generate_series(1, length(plain) - 1) as place
  )), ''::tsvector)
$$;
create index entry_pairs on tickets_entry using gin (tickets_pairs(body));
create index case_pairs on tickets_ticket using gin (tickets_pairs(subject));
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_cases")]

    operations = [
        migrations.RunSQL(
            GUARD, "drop trigger tickets_entry_kept on tickets_entry; drop function tickets_entry_kept()"
        ),
        migrations.RunSQL(SEARCH, "drop index case_pairs; drop index entry_pairs; drop function tickets_pairs(text)"),
    ]
