"""Cases, what is said in them, what was promised, and who has them in hand."""

from tickets.models.article import Article, ArticleVersion, Audience
from tickets.models.article_vote import ArticleVote
from tickets.models.bot import BotRule, BotTurn
from tickets.models.entry import Entry
from tickets.models.handover import Handover, PickupCode
from tickets.models.joining import CaseJoin, CaseLink
from tickets.models.promise import ClockPause, Metric, Notice, PromiseClock, PromiseTarget, Rung, ServiceTerms
from tickets.models.ticket import Outdated, Ticket
from tickets.models.topic import LIVE, OURS, Risk, State, Status, Topic, Urgency

__all__ = [
    "LIVE", "OURS", "Article", "ArticleVersion", "ArticleVote", "Audience", "BotRule", "BotTurn", "CaseJoin",
    "CaseLink", "ClockPause", "Entry", "Handover", "Metric", "Notice", "Outdated", "PickupCode", "PromiseClock",
    "PromiseTarget", "Risk", "Rung", "ServiceTerms", "State", "Status", "Ticket", "Topic", "Urgency",
]  # fmt: skip
