"""Which channels there are, and the adapter of one."""

from importlib import import_module

from touchpoints.channels.protocol import Account, Adapter

ADAPTERS: dict[str, str] = {
    "wecom": "touchpoints.channels.wecom.adapter.Adapter",
    "sms": "touchpoints.channels.sms.adapter.Adapter",
    "mail": "touchpoints.channels.mail.adapter.Adapter",
    "phone": "touchpoints.channels.phone.adapter.Adapter",
}


def adapter_of(name: str, account: Account) -> Adapter:
    """Raises KeyError for a channel nobody built."""
    module, _dot, kind = ADAPTERS[name].rpartition(".")
    made: Adapter = getattr(import_module(module), kind)(account)
    return made
