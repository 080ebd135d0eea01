"""Mail: out by SMTP, in by IMAP."""
