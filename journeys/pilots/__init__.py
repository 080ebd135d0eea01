"""Pilots: drawing the arms, running the steps, the figures with their intervals, the gate."""

from journeys.pilots.running import decide, go_on, note, plan, start, stop

__all__ = ["decide", "go_on", "note", "plan", "start", "stop"]
