"""Phone: what call centres tell of their calls."""
