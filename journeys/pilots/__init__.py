"""Pilots: drawing the arms, running the steps, the figures with their intervals, the gate."""

from journeys.pilots.running import agree, ask, decide, decline, go_on, measure, note, plan, start, stop

__all__ = ["agree", "ask", "decide", "decline", "go_on", "measure", "note", "plan", "start", "stop"]
