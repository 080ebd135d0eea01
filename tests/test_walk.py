"""The walk: every address × every role. An address nobody listed fails; so does a door that lets the wrong one in."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.sites import AdminSite
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from commerce.models import Product
from conftest import Cast, built_once
from customers.merging import merge
from customers.models import (
    Company,
    Customer,
    Fact,
    Household,
    Identity,
    ImportRun,
    MergeSuggestion,
    NeedLog,
    Scene,
    Segment,
    Tag,
    TagDimension,
    Task,
)
from journeys import bank, guides, maps, outlook, packages, pilots, playbooks, resources
from journeys.models import (
    CareMark,
    EarlyWord,
    Enrolment,
    EntitlementUse,
    MapPoint,
    OpenInterest,
    Release,
    SuggestionWord,
    Told,
)
from journeys.packages.drafting import put_line
from journeys.tests.test_playbooks import a_playbook
from scrm.kernel.words import words
from staff.models import Role
from tickets import articles
from tickets.models import Approval, CaseLink, Compensation, Macro, Reason, SavedView, Ticket
from touchpoints.channels.protocol import File
from touchpoints.models import (
    Appointment,
    AppointmentKind,
    Attachment,
    Capacity,
    Channel,
    Conversation,
    Inbox,
    LookBoard,
    LookItem,
    QueueTicket,
    Script,
    ScriptTopic,
    Trial,
    Visit,
)

pytestmark = pytest.mark.django_db
PEOPLE = {"ke": "associate", "ruoan": "advisor", "lin": "agent", "he": "lead", "gu": "operator", "lu": "auditor"}


@dataclass(frozen=True)
class Way:
    """How an address is walked: by which method, with what of Mei's in it, and what a stranger to her gets."""

    arguments: dict[str, str] = field(default_factory=dict)
    post: dict[str, str] | None = None
    of_mei: bool = False
    shows: bool = False  # looking at the same address shows a page


MEI = {"number": "20418837"}
WAYS = {
    "root": Way(),
    "first_start": Way(),
    "alive": Way(),
    "ready": Way(),
    "metrics": Way(),
    "staff:sign_in": Way(),
    "staff:code": Way(),
    "staff:sign_out": Way(post={}),
    "staff:language": Way(post={"language": "en"}),
    "staff:me": Way(),
    "staff:preferences": Way(post={"language": "en", "zone": "Asia/Shanghai"}),
    "staff:password": Way(post={}),
    "staff:end_session": Way({"mark": "others"}, post={}),
    "staff:permissions": Way(),
    "staff:api_clients": Way(),
    "staff:api_client": Way({"code": "till"}),
    "staff:api_client_key": Way({"code": "till"}, post={}),
    "staff:api_client_end_key": Way({"code": "till"}, post={}),
    "staff:api_client_sign": Way({"code": "till"}, post={}),
    "staff:api_client_end_sign": Way({"code": "till", "secret_id": "1"}, post={}),
    "staff:api_client_scopes": Way({"code": "till"}, post={}),
    "staff:api_client_switch": Way({"code": "till"}, post={}),
    "staff:audit": Way(),
    "staff:audit_proof": Way(post={}),
    "counter:home": Way(),
    "counter:search": Way(post={"q": "1234"}),
    "counter:scan": Way(),
    "counter:code": Way({"token": "x" * 22}),
    "counter:receive": Way(post={"q": "nobody"}),
    "counter:see_off": Way({"visit_id": "VISIT"}, post={}, of_mei=True),
    "counter:take_back": Way({"visit_id": "VISIT"}, post={}, of_mei=True),
    "counter:show": Way(MEI, of_mei=True),
    "counter:turned": Way(MEI, of_mei=True),
    "counter:team": Way(),
    "reception:serving": Way(),
    "reception:trials": Way(MEI, of_mei=True),
    "reception:new_trial": Way(MEI, post={"piece": "x"}, of_mei=True),
    "reception:take_trial_back": Way({**MEI, "trial_id": "TRIAL"}, post={}, of_mei=True),
    "reception:matches": Way(MEI, of_mei=True),
    "reception:answer_match": Way({**MEI, "code": "PIECE-1"}, post={"said": "liked"}, of_mei=True),
    "reception:hand_over": Way({"visit_id": "VISIT"}, post={}, of_mei=True, shows=True),
    "reception:appointments": Way(),
    "reception:appointment": Way({"appointment_id": "APPOINTMENT"}, post={"state": "cancelled"}, of_mei=True),
    "reception:move_appointment": Way({"appointment_id": "APPOINTMENT"}, post={}, of_mei=True, shows=True),
    "reception:book": Way(MEI, of_mei=True),
    "reception:new_appointment": Way(MEI, post={}, of_mei=True),
    "reception:booking_link": Way(MEI, post={}, of_mei=True),
    "reception:my_booking": Way({"token": "x" * 32}),
    "looks:index": Way(),
    "looks:show": Way({"board_id": "BOARD"}, of_mei=True),
    "looks:words": Way({"board_id": "BOARD"}, post={"title": "x"}, of_mei=True),
    "looks:share": Way({"board_id": "BOARD"}, post={}, of_mei=True),
    "looks:send": Way({"board_id": "BOARD"}, post={}, of_mei=True),
    "looks:turn": Way({"board_id": "BOARD"}, post={"do": "close"}, of_mei=True),
    "looks:add": Way({"board_id": "BOARD"}, post={"piece": "PIECE-1"}, of_mei=True),
    "looks:piece": Way({"board_id": "BOARD", "item_id": "LOOK_ITEM"}, post={"do": "up"}, of_mei=True),
    "looks:of": Way(MEI, of_mei=True),
    "looks:new": Way(MEI, post={"title": "x"}, of_mei=True),
    "looks:mine": Way({"token": "x" * 32}),
    "webhooks_api:look_boards": Way(MEI),
    "reception:queue": Way(),
    "reception:new_number": Way(post={"key": "8e03978e-40d5-43e8-bc93-6894a57f9325"}),
    "reception:call_next": Way(post={}),
    "reception:number": Way({"ticket_id": "TICKET"}, post={"state": "left"}, of_mei=True),
    "reception:my_number": Way({"token": "x" * 32}),
    "tickets:inbox": Way(),
    "tickets:search": Way(post={"text": "x"}),
    "tickets:fresh": Way(),
    "tickets:bulk": Way(post={"case": "CASE", "deed": "resolve"}),
    "tickets:views": Way(post={"name": "x", "view": "all"}, shows=True),
    "tickets:view": Way({"view_id": "SAVED", "verb": "rename"}, post={"name": "x"}),
    "tickets:macros": Way(),
    "tickets:new_macro": Way(post={}, shows=True),
    "tickets:macro": Way({"macro_id": "MACRO"}, post={}, shows=True),
    "tickets:turn_macro": Way({"macro_id": "MACRO", "verb": "remove"}, post={}),
    "tickets:undo_bulk": Way(post={}),
    "tickets:run": Way({"number": "CASE", "macro_id": "MACRO"}, post={"token": "t"}),
    "tickets:undo_run": Way({"number": "CASE"}, post={"batch": "t"}),
    "tickets:names": Way({"number": "CASE"}, of_mei=True),
    "tickets:notices": Way(),
    "tickets:bell": Way(),
    "tickets:notices_seen": Way(post={}),
    "tickets:notices_unseen": Way(post={}),
    "tickets:new": Way({"customer": "20418837"}, post={}, shows=True, of_mei=True),
    "tickets:show": Way({"number": "CASE"}, of_mei=True),
    **{
        f"tickets:{name}": Way({"number": "CASE"}, post=post, of_mei=floor)
        for name, post, floor in (
            ("say", {"how": "note", "text": "x"}, True),
            ("preview", {"how": "note", "text": "x"}, True),
            ("promise", {}, True),
            ("visit", {}, True),
            ("give_back", {"result": "x"}, True),
            ("link", {}, True),
            ("assign", {}, False),
            ("topic", {}, False),
            ("describe", {}, False),
            ("code", {}, False),
            ("hand_over", {"store": "HZ01"}, False),
        )
    },
    "tickets:move": Way({"number": "CASE", "verb": "resolve"}, post={}, of_mei=True),
    "tickets:join": Way({"number": "CASE"}, post={"other": "1"}),
    "tickets:split": Way({"number": "CASE"}, post={"subject": "x"}),
    "tickets:undo_join": Way({"number": "CASE", "join_id": "999"}, post={}),
    "tickets:file": Way({"number": "CASE", "file_id": "FILE"}, of_mei=True),
    "tickets:here": Way({"number": "CASE"}, of_mei=True),
    "tickets:tie": Way({"number": "CASE"}, post={"other": "1"}),
    "tickets:untie": Way({"number": "CASE", "link_id": "LINK"}, post={}),
    "tickets:step": Way({"number": "CASE", "step_id": "999"}, post={"done": "1"}),
    "tickets:of": Way(MEI, of_mei=True),
    "tickets:form": Way({"number": "CASE", "name": "store"}),
    "tickets:goodwill": Way({"number": "CASE"}, post={}, shows=True, of_mei=True),
    "tickets:goodwill_back": Way({"number": "CASE", "gift_id": "GIFT"}, post={}, of_mei=True),
    "tickets:board": Way(),
    "tickets:board_person": Way({"person_id": "ADVISOR"}),
    "tickets:approvals": Way(),
    "tickets:approval": Way({"approval_id": "APPROVAL"}, post={"decision": "approve"}),
    "tickets:goodwill_report": Way(),
    "tickets:goodwill_review": Way({"gift_id": "GIFT"}, post={"verdict": "fine"}),
    "tickets:pickup": Way(post={"code": "000000"}, shows=True),
    "tickets:mine": Way({"token": "x" * 32, "number": "CASE"}),
    "knowledge:index": Way(),
    "knowledge:new": Way(post={}, shows=True),
    "knowledge:compare": Way(),
    "knowledge:suggest": Way(),
    "knowledge:from_case": Way(post={}, shows=True),
    "knowledge:vote": Way({"code": "pilling"}, post={"helped": "yes"}),
    "knowledge:help": Way(),
    "knowledge:help_article": Way({"code": "pilling"}, post={"helped": "yes"}, shows=True),
    "knowledge:show": Way({"code": "pilling"}),
    "knowledge:write": Way({"code": "pilling"}, post={}, shows=True),
    "knowledge:turn": Way({"code": "pilling", "verb": "submit"}, post={"version": "1"}),
    "talks:show": Way(MEI, of_mei=True),
    "talks:create": Way(MEI, post={"text": "x"}, of_mei=True),
    "talks:file": Way({**MEI, "file_id": "FILE"}, of_mei=True),
    "talks:tell": Way({**MEI, "message_id": "MESSAGE"}, post={"key": "shoe", "value": "38"}, of_mei=True),
    "talks:contacts": Way(MEI, of_mei=True),
    "talks:contact": Way(MEI, of_mei=True),
    "talks:calls": Way(),
    "scripts:touchpoints": Way(),
    "scripts:index": Way(),
    "scripts:new": Way(post={}, shows=True),
    "scripts:show": Way({"script_id": "SCRIPT"}, post={}, shows=True),
    "scripts:turn": Way({"script_id": "SCRIPT", "verb": "submit"}, post={}),
    "scripts:pick": Way({**MEI, "talk_id": "TALK"}, of_mei=True),
    "talks:outreach": Way(),
    "talks:channels": Way(),
    "talks:channel": Way({"code": "sms"}),
    "talks:secrets": Way({"code": "sms"}, post={}),
    "talks:make_hook": Way({"code": "sms"}, post={}),
    "talks:switch": Way({"code": "sms"}, post={}),
    "talks:arrivals": Way(),
    "talks:replay": Way({"arrival_id": "ARRIVAL"}, post={}),
    "talks:sandbox": Way(),
    "talks:sandbox_phone": Way(MEI),
    "talks:sandbox_say": Way(MEI, post={"channel": "sms", "text": "x", "token": "t"}),
    "talks:sandbox_report": Way({**MEI, "message_id": "MESSAGE"}, post={"outcome": "read"}),
    "talks:site": Way({"code": "web"}),
    "talks:form": Way({"code": "web"}),
    "talks:chat_start": Way(post={}),
    "talks:chat_send": Way(post={}),
    "talks:chat_messages": Way(),
    "talks:chat_file": Way({"file_id": "FILE"}),
    "talks:site_seen": Way(post={}),
    "talks:hook": Way({"token": "x" * 32}),
    "customers:index": Way(),
    "customers:search": Way(post={"q": "1234"}),
    "customers:picture": Way(),
    "customers:show": Way(MEI, of_mei=True),
    "customers:timeline": Way(MEI, of_mei=True),
    "customers:panel": Way({**MEI, "name": "matters"}, of_mei=True),
    "customers:reveal": Way({**MEI, "identity_id": "IDENTITY"}, post={}, of_mei=True),
    "customers:moved": Way(MEI, of_mei=True),
    "customers:steps": Way(MEI, of_mei=True),
    "customers:new_need": Way(MEI, post={"words": "x"}, of_mei=True),
    "customers:settle_need": Way({**MEI, "need_id": "NEED"}, post={"met": "met"}, of_mei=True),
    "customers:new_task": Way(MEI, post={"what": "x"}, of_mei=True),
    "customers:end_task": Way({**MEI, "task_id": "TASK"}, post={"state": "done"}, of_mei=True),
    "customers:tasks": Way(),
    "customers:records": Way(MEI, of_mei=True),
    "customers:new_record": Way({**MEI, "code": "sizes"}, post={"shoe": "38"}, of_mei=True),
    "customers:open_record": Way({**MEI, "code": "sizes"}, post={}, of_mei=True),
    "segments:index": Way(),
    "segments:new": Way(),
    "segments:show": Way({"code": "regulars"}),
    "segments:edit": Way({"code": "regulars"}),
    "segments:publish": Way({"code": "regulars"}, post={}),
    "segments:retire": Way({"code": "regulars"}, post={}),
    "segments:check": Way({"code": "regulars"}, post={"number": "20418837"}),
    "segments:hand": Way({"code": "regulars"}, post={}),
    "segments:let_go": Way({"code": "regulars", "row_id": "1"}, post={}),
    "segments:of_customer": Way(MEI, of_mei=True),
    "segments_api:segments": Way(),
    "segments_api:members": Way({"code": "regulars"}),
    "segments_api:member": Way({"code": "regulars", **MEI}),
    "customers:tags": Way(MEI, of_mei=True),
    "customers:new_tag": Way(MEI, post={"tag": "cycle:regular"}, of_mei=True),
    "customers:tag": Way({**MEI, "tag_id": "TAG"}, post={"state": "off"}, of_mei=True),
    "customers:consents": Way(MEI, of_mei=True),
    "customers:new_consent": Way(MEI, post={"purpose": "profiling", "given": "1"}, of_mei=True),
    "customers:preferences_link": Way(MEI, post={}, of_mei=True),
    "customers:my_preferences": Way({"token": "x" * 32}),
    "customers:leave_mail": Way({"token": "x" * 32}),
    "customers:new_fact": Way(MEI, post={}, of_mei=True),
    "customers:answer_fact": Way({**MEI, "fact_id": "FACT"}, post={"answer": "same"}, of_mei=True),
    "customers:pin_fact": Way({**MEI, "fact_id": "FACT"}, post={"pinned": "1"}, of_mei=True),
    "customers:take_back_fact": Way({**MEI, "fact_id": "FACT"}, post={}, of_mei=True),
    "customers:merge_with": Way(MEI),
    "customers:privacy": Way(MEI),
    "customers:export": Way(MEI, post={}),
    "customers:erase": Way(MEI, post={}),
    "customers:circle": Way(MEI, of_mei=True),
    "customers:new_household": Way(MEI, post={}, of_mei=True),
    "customers:new_member": Way({**MEI, "household_id": "HOUSEHOLD"}, post={}, of_mei=True),
    "customers:end_member": Way({**MEI, "member_id": "MEMBER"}, post={}, of_mei=True),
    "customers:companies": Way(),
    "customers:new_company": Way(post={}),
    "customers:company": Way({"company_id": "COMPANY"}, of_mei=True),
    "customers:new_person": Way({"company_id": "COMPANY"}, post={}, of_mei=True),
    "customers:end_person": Way({"company_id": "COMPANY", "person_id": "PERSON"}, post={}, of_mei=True),
    "customers:signals": Way(),
    "customers:new_signal": Way(post={}),
    "customers:pairs": Way(),
    "customers:merge_many": Way(post={}),
    "customers:pair": Way({"pair_id": "PAIR"}),
    "customers:pair_decision": Way({"pair_id": "PAIR"}, post={"decision": "later"}),
    "customers:merge_pair": Way({"pair_id": "PAIR"}, post={}),
    "customers:merge": Way({"operation_id": "MERGE"}),
    "customers:unmerge": Way({"operation_id": "MERGE"}, post={}),
    "customers:clients": Way(),
    "journeys:early": Way(),
    "journeys:early_tell": Way({**MEI, "release_id": "RELEASE"}, post={}),
    "journeys:early_back": Way({**MEI, "release_id": "RELEASE"}, post={}),
    "journeys:releases": Way(post={}, shows=True),
    "journeys:call_off": Way({"release_id": "RELEASE"}, post={}),
    "journeys:playbooks": Way(),
    "journeys:new_playbook": Way(post={}, shows=True),
    "journeys:parked": Way(post={"do": "retry"}, shows=True),
    "journeys:playbook": Way({"code": "nurture"}),
    "journeys:try_playbook": Way({"code": "nurture"}),
    "journeys:edit_playbook": Way({"code": "nurture"}, post={"do": "goal"}, shows=True),
    "journeys:publish_playbook": Way({"code": "nurture"}, post={}),
    "journeys:turn_playbook": Way({"code": "nurture"}, post={}),
    "journeys:ways": Way({"code": "nurture"}),
    "journeys:ways_of": Way(MEI, of_mei=True),
    "journeys:take_out": Way({**MEI, "way_id": "WAY"}, post={}),
    "journeys:maps": Way(),
    "journeys:new_map": Way(post={}, shows=True),
    "journeys:map": Way({"code": "shoes"}),
    "journeys:retire_map": Way({"code": "shoes"}, post={}),
    "journeys:undo_map": Way({"code": "shoes"}, post={}),
    "journeys:map_point": Way({"code": "shoes", "point_id": "POINT"}),
    "journeys:map_feel": Way({"code": "shoes", "point_id": "POINT"}, post={"feeling": "0.1", "version": "1"}),
    "journeys:map_note": Way(
        {"code": "shoes", "point_id": "POINT"}, post={"kind": "pain", "words": "x", "version": "1"}
    ),
    "journeys:map_drop": Way({"code": "shoes", "point_id": "POINT"}, post={}),
    "journeys:map_measure": Way({"code": "shoes", "point_id": "POINT"}, post={"version": "1"}),
    "journeys:questions": Way(),
    "journeys:new_question": Way(post={}, shows=True),
    "journeys:question": Way({"code": "who"}, post={"do": "retire"}, shows=True),
    "journeys:move_question": Way({"code": "who"}, post={}),
    "journeys:questions_of": Way(MEI, of_mei=True),
    "journeys:tell": Way(MEI, post={"answer": "1"}, of_mei=True),
    "journeys:take_back_told": Way({**MEI, "told_id": "TOLD"}, post={}, of_mei=True),
    "journeys:packages": Way(),
    "journeys:new_package": Way(post={}, shows=True),
    "journeys:package": Way({"code": "care"}),
    "journeys:edit_package": Way({"code": "care"}, post={"do": "terms"}, shows=True),
    "journeys:publish_package": Way({"code": "care"}, post={}),
    "journeys:retire_package": Way({"code": "care"}, post={}),
    "journeys:packages_of": Way(MEI, of_mei=True),
    "journeys:give_package": Way(MEI, post={"code": "care", "why": "Asked"}),
    "journeys:end_package": Way({**MEI, "held_id": "HELD"}, post={}),
    "journeys:use_benefit": Way({**MEI, "held_id": "HELD"}, post={"line": "a", "once": "k2"}, of_mei=True),
    "journeys:take_back_use": Way({**MEI, "use_id": "USE"}, post={}, of_mei=True),
    "journeys:resources": Way(),
    "journeys:new_resource": Way(post={}, shows=True),
    "journeys:contents": Way(),
    "journeys:new_content": Way(post={}, shows=True),
    "journeys:content": Way({"content_id": "CONTENT"}, post={}, shows=True),
    "journeys:release": Way({"reservation_id": "RESERVATION"}, post={}, of_mei=True),
    "journeys:resource": Way({"code": "west-room"}),
    "journeys:edit_resource": Way({"code": "west-room"}, post={}, shows=True),
    "journeys:reserve": Way({"code": "west-room"}, post={}),
    "journeys:resources_of": Way(MEI, of_mei=True),
    "journeys:mark_content": Way(MEI, post={"content": "1", "step": "sent"}, of_mei=True),
    "journeys:release_of": Way({**MEI, "reservation_id": "RESERVATION"}, post={}, of_mei=True),
    "journeys:guides": Way(),
    "journeys:new_guide": Way(post={}, shows=True),
    "journeys:guide": Way({"code": "weekend"}),
    "journeys:edit_guide": Way({"code": "weekend"}, post={"do": "retire"}, shows=True),
    "journeys:guide_page": Way({"code": "weekend"}),
    "journeys:guide_start": Way(post={}),
    "journeys:guide_answer": Way(post={}),
    "journeys:guide_open": Way(post={}),
    "journeys:guide_coupon": Way(post={}),
    "journeys:guide_talk": Way(post={}),
    "journeys:pilots": Way(),
    "journeys:new_pilot": Way(post={}, shows=True),
    "journeys:pilot": Way({"code": "guide"}),
    "journeys:start_pilot": Way({"code": "guide"}, post={}),
    "journeys:note_pilot": Way({"code": "guide"}, post={"said": "Wool"}),
    "journeys:decide_pilot": Way({"code": "guide"}, post={}),
    "journeys:ask_pilot": Way({"code": "guide"}, post={}),
    "journeys:answer_pilot": Way({"code": "guide"}, post={}),
    "journeys:next_pilot": Way({"code": "guide"}, post={}),
    "journeys:stop_pilot": Way({"code": "guide"}, post={}),
    "journeys:today": Way(),
    "journeys:interests": Way(),
    "journeys:coverage": Way(),
    "journeys:kept": Way({"person_id": "ADVISOR"}),
    "journeys:cover": Way({"person_id": "ADVISOR"}, post={}),
    "journeys:end_cover": Way({"person_id": "ADVISOR", "cover_id": "1"}, post={}),
    "journeys:hand_over": Way({"person_id": "ADVISOR"}, post={"to": "", "note": ""}),
    "journeys:client": Way(MEI),
    "journeys:care": Way(MEI, post={"reason": "overdue", "did": "done", "said": "Well"}),
    "journeys:take_back_care": Way({**MEI, "mark_id": "MARK"}, post={}),
    "journeys:fits": Way(MEI),
    "journeys:say_fits": Way(MEI, post={"article": "-", "said": "shown"}),
    "journeys:take_back_fits": Way({**MEI, "word_id": "FITWORD"}, post={}),
    "journeys_api:visitor": Way(),
    "journeys_api:person": Way(MEI),
    "journeys:rhythm": Way(MEI, post={"days": "30"}),
    "journeys:health": Way(MEI, post={"word": "steady"}),
    "journeys:new_interest": Way(MEI, post={"what": "A pair of shoes"}),
    "journeys:interest": Way({**MEI, "interest_id": "INTEREST"}, post={"verb": "won"}),
    "journeys:value": Way(),
    "journeys:value_borders": Way(
        post={"middle_from": "1", "high_from": "2", "premium_from": "1", "do": "keep"}, shows=True
    ),
    "journeys:value_cell": Way({"worth": "low", "need": "standard"}),
    "journeys:outlook": Way(MEI, of_mei=True),
    "journeys:set_need": Way(MEI, post={"need": "personal", "why": "Calls before coming"}, of_mei=True),
    "journeys:take_back_need": Way({**MEI, "word_id": "WORD"}, post={}, of_mei=True),
    "loyalty:redeem": Way(MEI, of_mei=True),
    "loyalty:redeem_create": Way(MEI, post={"key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}, of_mei=True),
    "loyalty:redeemed": Way({"key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}),
    "loyalty:redeem_undo": Way({"key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}, post={}),
    "loyalty:wallet": Way(MEI, of_mei=True),
    "loyalty:coupon_terms": Way({**MEI, "coupon_id": "1"}, of_mei=True),
    "loyalty:deeds": Way(MEI, of_mei=True),
    "loyalty:correct": Way(MEI, post={}),
    "loyalty:give_level": Way(MEI, post={}),
    "loyalty:give_coupon": Way(MEI, post={}, of_mei=True),
    "loyalty:use_privilege": Way({**MEI, "code": "hemming"}, post={}, of_mei=True),
    "loyalty:send_link": Way(MEI, post={}, of_mei=True),
    "loyalty:my_wallet": Way({"token": "x" * 32}),
    "loyalty:my_coupon": Way({"token": "x" * 32, "coupon_id": "1"}),
    "loyalty:not_mine": Way({"token": "x" * 32}),
    "loyalty:ledger": Way(),
    "loyalty:prove": Way(post={}),
    "loyalty:templates": Way(),
    "loyalty:new_template": Way(post={}, shows=True),
    "loyalty:preview": Way(post={}),
    "loyalty:template": Way({"code": "MJ80"}),
    "loyalty:edit_template": Way({"code": "MJ80"}, post={}, shows=True),
    "loyalty:change_template": Way({"code": "MJ80"}, post={}),
    "loyalty:turn_template": Way({"code": "MJ80", "verb": "pause"}, post={}),
    "loyalty:new_bulk": Way({"code": "MJ80"}, post={}),
    "loyalty:bulk": Way({"pk": "999"}),
    "loyalty:turn_bulk": Way({"pk": "999", "verb": "start"}, post={}),
    "loyalty:rules": Way(),
    "loyalty:new_rule": Way(post={}),
    "loyalty:try_rules": Way(post={}),
    "loyalty:publish_rule": Way({"pk": "999"}, post={}),
    "loyalty:campaigns": Way(),
    "loyalty:new_campaign": Way(post={}),
    "loyalty:turn_campaign": Way({"code": "hello", "verb": "start"}, post={}),
    "loyalty_api:earn": Way(post={}),
    "loyalty_api:spend": Way(post={}),
    "loyalty_api:reverse": Way(post={}),
    "loyalty_api:wallet": Way(MEI),
    "loyalty_api:issue": Way(post={}),
    "loyalty_api:best": Way(post={}),
    "loyalty_api:reserve": Way(post={}),
    "loyalty_api:release": Way(post={}),
    "loyalty_api:redeem": Way(post={}),
    "loyalty_api:claim": Way({"code": "night"}, post={}),
    "drops:index": Way(),
    "drops:new": Way(),
    "drops:felt": Way(post={}),
    "drops:show": Way({"code": "night"}),
    "drops:live": Way({"code": "night"}),
    "drops:arm": Way({"code": "night"}, post={}),
    "drops:stop": Way({"code": "night"}, post={}),
    "drops:mine": Way({"token": "x" * 32, "code": "night"}),
    "drops:not_mine": Way({"token": "x" * 32, "code": "night"}, post={}),
    "commerce:reconciliation": Way(),
    "commerce:pairs": Way(),
    "cases_api:cases": Way(post={}),
    "cases_api:case": Way({"number": "CASE"}),
    "cases_api:entries": Way({"number": "CASE"}, post={}),
    "commerce_api:orders": Way(post={}),
    "commerce_api:order": Way({"source_ref": "A-1"}),
    "customers_api:customers": Way(post={}),
    "customers_api:customer": Way(MEI),
    "customers_api:find": Way(post={}),
    "webhooks_api:webhooks": Way(post={}),
    "webhooks_api:events": Way(post={}),
    "webhooks_api:delivery": Way({"ref": "msg-1"}),
    "webhooks_api:webhook": Way({"code": "wh-1"}),
    "webhooks:index": Way(),
    "webhooks:show": Way({"code": "wh-1"}),
    **{
        f"webhooks:{verb}": Way({"code": "wh-1"}, post={})
        for verb in ("test", "pause", "resume", "end", "rotate", "replay")
    },
    "staff:problem": Way({"slug": "validation"}),
    "schema": Way(),
    "imports:index": Way(),
    "imports:new": Way(),
    "imports:map": Way({"pk": "RUN"}),
    "imports:check": Way({"pk": "RUN"}, post={}, shows=True),
    "imports:run": Way({"pk": "RUN"}, post={}, shows=True),
    "imports:progress": Way({"pk": "RUN"}),
    "imports:again": Way({"pk": "RUN"}, post={}),
    "imports:stop": Way({"pk": "RUN"}, post={}),
    "imports:failed": Way({"pk": "RUN"}),
}


def routes() -> dict[str, URLPattern]:
    """Every named address of the product but the admin's, which has a walk of its own."""
    found: dict[str, URLPattern] = {}

    def collect(patterns: list[Any], space: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                if pattern.app_name == "admin":
                    continue
                inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
                collect(pattern.url_patterns, inner)
            else:
                found[f"{space}{pattern.name}"] = pattern

    collect(get_resolver().url_patterns, "")
    return found


ROUTES = routes()


def test_every_address_is_listed_here() -> None:
    assert set(ROUTES) == set(WAYS)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_every_address_has_a_door(name: str) -> None:
    callback = ROUTES[name].callback
    is_api = hasattr(callback, "view_class") or hasattr(callback, "cls")

    assert hasattr(callback, "door") or is_api


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walked")


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any, folder: Path) -> Iterator[Cast]:
    """One house for the whole walk: what a visit changes in it is undone before the next."""
    with built_once(django_db_blocker, folder):
        yield Cast().whole()


@pytest.fixture(autouse=True)
def _in_that_house(settings, folder: Path, cast: Cast) -> None:
    """Its files are where they were laid; no visit counts towards the limits of the next."""
    settings.MEDIA_ROOT = folder / "media"
    cache.clear()


@pytest.fixture(scope="module")
def arguments(cast: Cast) -> dict[str, str]:
    """What stands in the addresses: everything of Mei's."""
    mei, ke, west_lake = cast.mei, cast.ke, cast.west_lake
    visit = Visit.objects.create(customer=mei, store=west_lake, received_by=ke)
    run = ImportRun.objects.create(kind="orders", source="shop", file_name="orders.csv")
    others = [Customer.objects.create(number=f"W{place}", home_store=west_lake) for place in range(3)]
    pair = MergeSuggestion.objects.create(first=mei, second=others[0], score=0.9)
    household = Household.objects.create(name="Mei")
    company = Company.objects.create(name="Lanfeng")
    sms = Channel.objects.create(code="sms", way="sms", adapter="sandbox")
    talk = Conversation.objects.create(customer=mei, channel=sms, thread="t")
    heard = talk.hear("38", at=timezone.now(), source="sms", source_ref="1")
    assert heard is not None
    Attachment.take_in(heard, [File("size.txt", b"38")])
    arrival = Inbox.objects.create(source="shop", source_ref="x", kind="y", at=timezone.now(), body="{}", state="dead")
    Segment.objects.create(code="regulars")
    piece = Product.objects.create(code="PIECE-1", size="M")
    kind, _made = AppointmentKind.objects.get_or_create(code="trial")
    capacity = Capacity.objects.create(store=west_lake, kind=kind)
    starts = capacity.starts_on(timezone.localdate() + timedelta(days=2))[0]
    booked = Appointment.book(
        mei, capacity.kind, store=west_lake, starts_at=starts, by=None, key=uuid.uuid4()
    )  # fmt: skip
    trial, _new = Trial.log(visit, piece, "kept", by=ke, key=uuid.uuid4())
    board = LookBoard.begin(mei, "Three looks", by=cast.ruoan, key="k")
    cycle = TagDimension.objects.get(code="cycle")
    tag = Tag.objects.create(customer=mei, dimension=cycle, value="regular", origin="manual")
    script = Script.objects.create(
        code="hours",
        topic=ScriptTopic.objects.get(code="store"),
        owner=ke,
        changed_by=ke,
        review_by=timezone.localdate() + timedelta(days=9),
    )
    soon = timezone.localdate() + timedelta(days=9)
    articles.begin("pilling", words("起球"), words("冷水洗。"), by=ke, review_by=soon)
    case = Ticket.open(mei, "Leggings pill")[0]
    case.hear(heard.body, channel="sms", at=heard.at, source="message", source_ref=str(heard.pk), message=heard.pk)
    gift = Compensation.objects.create(
        ticket=case, customer=mei, store=west_lake, kind="money", amount=100, value_minor=100, by=ke, key="k", digest=b"",
        reason=Reason.objects.get(code="late"), state="pending", is_exception=True,
    )  # fmt: skip
    asked = Approval.objects.create(compensation=gift, asked=ke, deadline=timezone.now() + timedelta(hours=2))
    saved = SavedView.objects.create(name="Late ones", owner=ke, view="due")
    macro = Macro.objects.create(name="Close", owner=ke, steps=[{"do": "move", "to": "resolved"}])
    package = packages.make("care", words("照顾", "照顧", "Care"), by=None)
    put_line(package, "", {"scene": "after", "kind": "service", "words": words("上门"), "quota": 2, "minutes": 30})
    packages.publish(package, 1, by=None, instead_of=0)
    held = packages.give(mei, package, by=None, why="Asked")
    used = EntitlementUse.use(held, held.version.lines[0]["key"], by=None, key="k1")
    soon_on_sale = timezone.now() + timedelta(hours=5)
    release = Release.objects.create(name=words("新货"), package=package, opens_at=soon_on_sale,
                                     early_at=soon_on_sale - timedelta(hours=72))  # fmt: skip
    EarlyWord.tell(release, mei, by=ke)
    playbook = a_playbook({"kind": "wait", "days": 7})
    playbooks.enrol(playbook, [mei.pk], why={"hand": True})
    pilots.plan("guide", by=None, name=words("指南"), hypothesis="It helps", package=package, segment=None,
                metric="repurchase", days=30, size=10, control=50, baseline=28, effect=9)  # fmt: skip
    room = resources.make("west-room", by=None, name=words("试衣室"), kind="room", store=cast.west_lake)
    soon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    taken = room.reserve(soon, soon + timedelta(hours=1), by=None, key="k1", customer=mei)
    guide = resources.put_content(None, by=None, title=words("指南"), kind="guide", link="https://example.com/")
    maps.make("shoes", words("鞋", "鞋", "Shoes"), "apparel", by=None)
    question = bank.make("who", words("给谁？", "給誰？", "Who for?"), by=None, scene=Scene.objects.get(code="gift"),
                         dimension=TagDimension.objects.get(code="liking"))  # fmt: skip
    other = bank.make("when", words("何时？", "何時？", "When?"), by=None, scene=Scene.objects.get(code="trip"),
                      dimension=cycle)  # fmt: skip
    answer = bank.put_answer(question, "self", words("自己", "自己", "Me"), need=None, by=None)
    bank.put_answer(other, "friday", words("周五", "週五", "Friday"), need=None, by=None)
    guides.make("weekend", by=None, questions=[question, other], name=words("周末"),
                channel=Channel.objects.get_or_create(code="web", defaults={"way": "web", "adapter": "web"})[0])  # fmt: skip
    return {
        "RELEASE": str(release.pk),
        "WAY": str(Enrolment.objects.get(customer=mei).pk),
        "RESERVATION": str(taken.pk),
        "CONTENT": str(guide.pk),
        "POINT": str(MapPoint.objects.first().pk),
        "TOLD": str(Told.tell(mei, answer, by=ke).pk),
        "HELD": str(held.pk),
        "USE": str(used.pk),
        "FITWORD": str(SuggestionWord.say(mei, "Y01", "shown", by=ke, reasons=[]).pk),
        "MARK": str(CareMark.finish(mei, "birthday", by=ke).pk),
        "WORD": str(outlook.set_need(mei, "personal", by=ke, why="Calls first").pk),
        "INTEREST": str(OpenInterest.begin(mei, "Running shoes", by=ke).pk),
        "CASE": str(case.number),
        "SAVED": str(saved.pk),
        "MACRO": str(macro.pk),
        "FILE": str(heard.attachments.get().pk),
        "LINK": str(CaseLink.tie(case, Ticket.open(mei, "Another")[0], by=ke).pk),
        "GIFT": str(gift.pk),
        "APPROVAL": str(asked.pk),
        "MESSAGE": str(heard.pk),
        "TALK": str(talk.pk),
        "SCRIPT": str(script.pk),
        "ARRIVAL": str(arrival.pk),
        "TRIAL": str(trial.pk),
        "BOARD": str(board.pk),
        "LOOK_ITEM": str(LookItem.add(board, piece).pk),
        "APPOINTMENT": str(booked.pk),
        "TICKET": str(QueueTicket.take(west_lake, by=ke, key=uuid.uuid4())[0].pk),
        "HOUSEHOLD": str(household.pk),
        "COMPANY": str(company.pk),
        "MEMBER": str(household.take_in(mei, part="user").pk),
        "PERSON": str(company.name_person(mei, part="buyer").pk),
        "PAIR": str(pair.pk),
        "MERGE": str(merge(others[1], others[2], by=None, reason="same").pk),
        "RUN": str(run.pk),
        "VISIT": str(visit.pk),
        "ADVISOR": str(mei.advisor_id),
        "TAG": str(tag.pk),
        "NEED": str(NeedLog.objects.create(customer=mei, words="gift").pk),
        "TASK": str(Task.objects.create(customer=mei, what="call", due_on=timezone.localdate(), owner=ke).pk),
        "FACT": str(Fact.objects.create(customer=mei, key="sizes", value="M").pk),
        "IDENTITY": str(Identity.objects.filter(customer=mei, kind="phone").get().pk),
    }


def walk(client: Client, name: str, arguments: dict[str, str]) -> int:
    from django.urls import reverse

    way = WAYS[name]
    address = reverse(name, kwargs={key: arguments.get(value, value) for key, value in way.arguments.items()})
    answer = client.get(address) if way.post is None else client.post(address, way.post)
    return answer.status_code


GUARDED = sorted(
    name for name in WAYS if getattr(ROUTES.get(name, None) and ROUTES[name].callback, "door", "anyone") != "anyone"
)


@pytest.mark.parametrize("name", [name for name in ROUTES if name.partition(":")[0].endswith("_api")])
def test_the_api_is_closed_without_a_key(name: str, arguments, ke, client: Client) -> None:
    client.force_login(ke)  # a browser's session opens nothing here

    assert walk(client, name, arguments) == 401


@pytest.mark.parametrize("name", GUARDED)
def test_a_stranger_is_led_to_the_door(name: str, arguments, client: Client) -> None:
    assert walk(client, name, arguments) == 302


@pytest.mark.parametrize("name", [name for name in GUARDED if WAYS[name].of_mei])
def test_another_stores_people_find_nothing(name: str, arguments, zhao, client: Client) -> None:
    client.force_login(zhao)

    assert walk(client, name, arguments) == 404


@pytest.mark.parametrize("fixture", ["ke", "ruoan", "lin", "he"])
def test_the_admin_is_closed_to_the_floor(fixture: str, request, client: Client) -> None:
    from django.contrib import admin

    client.force_login(request.getfixturevalue(fixture))

    for model in admin.site._registry:
        assert client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 302
    assert isinstance(admin.site, AdminSite)


@pytest.mark.parametrize("fixture", ["gu", "lu"])
def test_each_admin_page_opens_within_a_few_queries(
    fixture: str, request, mei, client: Client, django_assert_max_num_queries
) -> None:
    from django.contrib import admin

    person = request.getfixturevalue(fixture)
    client.force_login(person)
    for model in admin.site._registry:
        with django_assert_max_num_queries(16):
            status = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code
        assert status in (200, 403), model


def test_facts_cannot_be_changed_in_the_admin(mei, gu, client: Client) -> None:
    client.force_login(gu)

    assert client.get(f"/admin/customers/customer/{mei.pk}/change/").status_code == 200
    assert client.post(f"/admin/customers/customer/{mei.pk}/change/", {"display_name": "x"}).status_code == 403
    assert client.post(f"/admin/customers/customer/{mei.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/customers/event/add/").status_code == 403


def test_the_table_of_permissions_names_every_role() -> None:
    assert set(PEOPLE.values()) == set(Role.values)
