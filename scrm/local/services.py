"""The two services under the product: embedded unless an address is given."""

from urllib.parse import urlsplit

from scrm.local import places, postgres, valkey
from scrm.local.trouble import Trouble


def ensure() -> None:
    """Start the embedded services that are needed and not up; check the given addresses."""
    _check_address("DATABASE_URL", places.database_url(), ("postgres", "postgresql"))
    _check_address("REDIS_URL", places.redis_url(), ("redis", "rediss", "unix"))
    if places.uses_embedded_database():
        postgres.embedded().ensure()
    else:
        _check_database()
    if places.uses_embedded_valkey():
        valkey.embedded().ensure()
    else:
        _check_redis()


def stop() -> None:
    if places.uses_embedded_valkey():
        valkey.embedded().stop()
    if places.uses_embedded_database():
        postgres.embedded().stop()


def _check_address(name: str, url: str, schemes: tuple[str, ...]) -> None:
    if urlsplit(url).scheme not in schemes:
        raise Trouble(f"{name} must start with {' or '.join(s + '://' for s in schemes)}.")


def _check_database() -> None:
    import psycopg2

    try:
        psycopg2.connect(places.database_url(), connect_timeout=5).close()
    except psycopg2.OperationalError as error:
        raise Trouble(f"DATABASE_URL does not answer: {str(error).strip().splitlines()[0]}") from None


def _check_redis() -> None:
    import redis

    try:
        redis.Redis.from_url(places.redis_url(), socket_connect_timeout=5).ping()
    except redis.RedisError as error:
        raise Trouble(f"REDIS_URL does not answer: {error}") from None
