"""What goes wrong with a load, in one sentence for the person who started it."""


class LoadTrouble(Exception):
    """The whole load cannot be done: a wrong map, file or kind."""


class Busy(LoadTrouble):
    """Another load of the same kind and source is at work."""


class RowTrouble(Exception):
    """This row does not go in; the others do."""
