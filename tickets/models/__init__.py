"""Cases, what is said in them, what was promised, and who has them in hand."""

from tickets.models.article import Article, ArticleVersion, Audience
from tickets.models.article_vote import ArticleVote
from tickets.models.authority import Authority, Kind, Reason, StoreBudget
from tickets.models.bot import BotRule, BotTurn
from tickets.models.compensation import Approval, Compensation
from tickets.models.entry import Entry, NoteFile, files_of
from tickets.models.handover import Handover, PickupCode
from tickets.models.joining import CaseJoin, CaseLink
from tickets.models.lesson import TopicLesson
from tickets.models.macro import LATER, Macro, MacroRun
from tickets.models.mention import EntryMention
from tickets.models.notice import Notice
from tickets.models.promise import ClockPause, Metric, PromiseClock, PromiseTarget, Rung, ServiceTerms
from tickets.models.saved_view import FILTERS, VIEWS, InboxHome, SavedView
from tickets.models.ticket import Outdated, Ticket, Unseen
from tickets.models.tool import Scope
from tickets.models.topic import LIVE, OURS, Risk, State, Status, Topic, Urgency
from tickets.models.work import Capacity, CaseStep, Procedure, ProcedureStep

__all__ = [
    "FILTERS", "LATER", "LIVE", "OURS", "VIEWS", "Approval", "Article", "ArticleVersion", "ArticleVote", "Audience",
    "Authority", "BotRule", "BotTurn", "Capacity", "CaseJoin", "CaseLink", "CaseStep", "ClockPause", "Compensation",
    "Entry", "EntryMention", "Handover", "InboxHome", "Kind", "Macro", "MacroRun", "Metric", "NoteFile", "Notice",
    "Outdated", "PickupCode", "Procedure", "ProcedureStep", "PromiseClock", "PromiseTarget", "Reason", "Risk", "Rung",
    "SavedView", "Scope", "ServiceTerms", "State", "Status", "StoreBudget", "Ticket", "Topic", "TopicLesson", "Unseen",
    "Urgency", "files_of",
]  # fmt: skip
