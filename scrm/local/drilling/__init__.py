"""The drill: a house of its own under load, killed again and again; nothing acknowledged may be lost or doubled."""
