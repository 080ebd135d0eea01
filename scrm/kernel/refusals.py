"""How a rule says no."""


class TransitionRefused(Exception):
    """A verb was asked for in a state that does not allow it; the text is for the person who asked."""
