"""A wording of an article never changes; two signs of Chinese are found by an index."""

from django.db import migrations

GUARD = """
create function tickets_article_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'Versions of articles are never deleted.';
  end if;
  if (new.article_id, new.number, new.topic_id, new.product, new.scene_id, new.audience, new.video, new.written_by_id,
      new.written_at)
     is distinct from (old.article_id, old.number, old.topic_id, old.product, old.scene_id, old.audience, old.video,
      old.written_by_id, old.written_at)
     or ((new.title, new.body) is distinct from (old.title, old.body)
         and (new.title, new.body) is distinct from ('{}'::jsonb, '{}'::jsonb)) then
    raise exception 'A version of an article is never changed: write the next one.';
  end if;
  return new;
end $$;
create trigger tickets_article_kept before update or delete on tickets_articleversion
  for each row execute function tickets_article_kept();
"""

# Pairs of neighbouring signs, each language for itself: of each the first 4,000 signs are found, and none is longer.
# Functions are named with their schema: an index is built, and a dump restored, without a search path.
SEARCH = """
create function tickets_article_text(title jsonb, body jsonb) returns text language sql immutable parallel safe as $$
  select lower(coalesce(title->>'zh-hans', '') || E'\\n' || coalesce(body->>'zh-hans', '') || E'\\n' ||
               coalesce(title->>'zh-hant', '') || E'\\n' || coalesce(body->>'zh-hant', '') || E'\\n' ||
               coalesce(title->>'en', '') || E'\\n' || coalesce(body->>'en', ''))
$$;
create function tickets_article_pairs(title jsonb, body jsonb) returns tsvector
language sql immutable parallel safe as $$
  select public.tickets_pairs(coalesce(title->>'zh-hans', '') || E'\\n' || coalesce(body->>'zh-hans', ''))
      || public.tickets_pairs(coalesce(title->>'zh-hant', '') || E'\\n' || coalesce(body->>'zh-hant', ''))
      || public.tickets_pairs(coalesce(title->>'en', '') || E'\\n' || coalesce(body->>'en', ''))
$$;
create function tickets_pairs_query(words text, how text) returns tsquery language sql immutable parallel safe as $$
  select array_to_string(array(
    select '''' || replace(replace(pair, '\\', '\\\\'), '''', '''''') || ''''
    from unnest(tsvector_to_array(public.tickets_pairs(words))) as pair
  ), how)::tsquery
$$;
create index article_pairs on tickets_articleversion using gin (tickets_article_pairs(title, body));
"""


class Migration(migrations.Migration):
    dependencies = [("tickets", "0010_articles")]

    operations = [
        migrations.RunSQL(
            GUARD, "drop trigger tickets_article_kept on tickets_articleversion; drop function tickets_article_kept()"
        ),
        migrations.RunSQL(
            SEARCH,
            "drop index article_pairs; drop function tickets_pairs_query(text, text);"
            " drop function tickets_article_pairs(jsonb, jsonb); drop function tickets_article_text(jsonb, jsonb)",
        ),
    ]
