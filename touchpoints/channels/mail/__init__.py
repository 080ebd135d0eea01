"""Mail: out by SMTP, in by IMAP."""

from touchpoints.channels.mail.adapter import Adapter

__all__ = ["Adapter"]
