"""How a rule says no."""


class TransitionRefused(Exception):
    """A verb was asked for in a state that does not allow it; the text is for the person who asked."""


class MovedTo(Exception):
    """What was asked for stands at another address now; the doorkeeper sends the asker there."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url
