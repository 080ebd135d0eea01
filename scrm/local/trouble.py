"""What can go wrong on a machine, said in one sentence each."""


class Trouble(Exception):
    """A condition of the machine that a person can mend; its text says how."""
