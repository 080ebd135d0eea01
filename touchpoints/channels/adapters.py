"""Which adapters there are."""

from importlib import import_module

from touchpoints.channels.protocol import Account, Adapter

ADAPTERS = {
    "sandbox": "touchpoints.channels.sandbox",
    "web": "touchpoints.channels.web",
    "wecom": "touchpoints.channels.wecom",
    "sms": "touchpoints.channels.sms",
    "mail": "touchpoints.channels.mail",
    "phone": "touchpoints.channels.phone",
}


def carried_bytes(name: str) -> int:
    """How many bytes of files an adapter hands on with one message; 0 when it hands on none."""
    return int(getattr(import_module(ADAPTERS[name]).Adapter, "carries_files", 0)) if name in ADAPTERS else 0


def adapter_of(name: str, account: Account) -> Adapter:
    """Raises LookupError for a name nobody knows."""
    if name not in ADAPTERS:
        raise LookupError(f"There is no adapter “{name}”.")
    found: Adapter = import_module(ADAPTERS[name]).Adapter(account)
    return found
