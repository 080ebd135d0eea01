"""企业微信: contacts, customer service and messages to staff."""
