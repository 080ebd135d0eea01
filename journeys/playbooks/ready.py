"""Ready playbooks: whole flows to begin from. What they name (coupons, occasions, segments) is the brand's to have."""

from dataclasses import dataclass
from typing import Any

from scrm.kernel.words import Words, words

Step = dict[str, Any]
BOUGHT, CAME = ["order.paid"], ["order.paid", "visit.made"]
LEAVE = ["consent.withdrawn"]
RULES: Step = {"holdout": 10, "again": 180, "leave": LEAVE, "alone": "yes", "no_case": "yes"}


@dataclass(frozen=True)
class Ready:
    """One flow with the story it tells."""

    code: str
    name: Words
    about: Words
    content: dict[str, Any]


def wait(key: str, days: int = 0, *, at: str = "", events: list[str] | None = None) -> Step:
    step: Step = {"key": key, "kind": "wait"}
    return step | ({"days": days} if days else {}) | ({"at": at} if at else {}) | ({"events": events} if events else {})


def tell(key: str, scene: str) -> Step:
    return {"key": key, "kind": "message", "scene": scene}


def ask(key: str, hans: str, hant: str, en: str, *, days: int = 2, who: str = "advisor") -> Step:
    return {"key": key, "kind": "human", "what": hans, "what_hant": hant, "what_en": en, "who": who, "days": days}


def coupon(key: str, code: str) -> Step:
    return {"key": key, "kind": "coupon", "coupon": code}


def heard(key: str, yes: list[Step], no: list[Step]) -> Step:
    return {"key": key, "kind": "fork", "by": "heard", "yes": yes, "no": no}


def in_level(key: str, levels: list[str], yes: list[Step], no: list[Step]) -> Step:
    return {"key": key, "kind": "fork", "by": "level", "levels": levels, "yes": yes, "no": no}


def content(trigger: Step, steps: list[Step], *, events: list[str] | None = None, days: int = 60, **rules: Any) -> Step:
    return {"trigger": trigger, "goal": {"events": events or BOUGHT, "days": days}, "rules": RULES | rules,
            "steps": steps}  # fmt: skip


def on_segment(code: str) -> Step:
    return {"kind": "segment", "segment": code}


def on_event(kind: str, **more: Any) -> Step:
    return {"kind": "event", "event": kind, **more}


def on_date(of: str, days: int = 0, **more: Any) -> Step:
    return {"kind": "date", "of": of, "days": days, **more}


READY: tuple[Ready, ...] = (
    Ready("wake", words("沉睡唤醒", "沉睡喚醒", "Wake-up"),
          words("半年没买的老客：先问候，再给券，不来就请顾问打电话。", "半年沒買的老客：先問候，再給券，不來就請顧問打電話。",
                "No purchase for half a year: a greeting, a coupon, and the advisor's call if that was not enough."),
          content(on_segment("away-180"), [
              coupon("give", "OLD50"), tell("greet", "old_friend"), wait("week", 7, events=CAME),
              heard("came", [ask("thanks", "道谢，记一句想要什么", "道謝，記一句想要什麼", "Say thanks, note what is wished")],
                    [ask("call", "打电话问候，或者约到店", "打電話問候，或者約到店", "Call, or invite to the store", days=3)]),
          ])),
    Ready("birthday", words("生日", "生日", "Birthday"),
          words("黑卡和金卡由顾问打电话，其他人收到祝福和积分。", "黑卡和金卡由顧問打電話，其他人收到祝福和積分。",
                "The advisor calls the highest levels; everybody else gets a wish and points."),
          content(on_date("birthday", 3), [
              in_level("top", ["gold", "black"],
                       [ask("call", "生日电话；先看过敏与在意，再备礼", "生日電話；先看過敏與在意，再備禮",
                            "Birthday call; look at allergies first, then the gift", days=3)],
                       [{"key": "points", "kind": "points", "points": 200}, wait("day", 3, at="09:00"),
                        tell("wish", "birthday")]),
          ], days=30, again=300, alone="", no_case="")),
    Ready("potential", words("潜力养护", "潛力養護", "Potential nurture"),
          words("连着三个月看高端货的人：给场景礼包，请顾问约体验。", "連著三個月看高端貨的人：給場景禮包，請顧問約體驗。",
                "Premium lookers, three months running: a package for their scene and an invitation to try."),
          content(on_segment("premium-lookers"), [
              {"key": "package", "kind": "package", "package": "after-work", "days": 90}, tell("hello", "nurture"),
              wait("fortnight", 14, events=["visit.made", "trial.logged", "order.paid"]),
              heard("tried", [ask("next", "看试了什么，给一个下一步", "看試了什麼，給一個下一步", "See what was tried, offer a next step")],
                    [ask("invite", "约到店体验", "約到店體驗", "Invite to try in the store", days=5)]),
          ], days=90)),
    Ready("welcome", words("新客养护", "新客養護", "New customer"),
          words("入会后一个月：欢迎，问一句，第二次来的理由。", "入會後一個月：歡迎，問一句，第二次來的理由。",
                "The first month: a welcome, a question, a reason to come a second time."),
          content(on_event("customer.joined"), [
              wait("morning", 1, at="10:00"), tell("hello", "welcome"), wait("two-weeks", 14, events=BOUGHT),
              heard("bought", [{"key": "points", "kind": "points", "points": 50}], [coupon("delivery", "FREE0")]),
          ], days=60, again=None)),
    Ready("first-order", words("首单关键时刻", "首單關鍵時刻", "First order, key moments"),
          words("第一次买：到手后问好不好用，第三十天提一句配套。", "第一次買：到手後問好不好用，第三十天提一句配套。",
                "After a first purchase: ask how it is, and on day thirty what goes with it."),
          content(on_event("order.paid"), [
              wait("arrived", 5, at="10:00"), tell("how", "follow_up"), wait("month", 25, events=BOUGHT),
              heard("again", [{"key": "out", "kind": "out"}], [tell("pair", "season")]),
          ], days=60, again=None)),
    Ready("anniversary", words("相识周年", "相識週年", "Anniversary"),
          words("第一次买的那一天，每年问候一次。", "第一次買的那一天，每年問候一次。", "Once a year on the day of the first purchase."),
          content(on_date("first_order"), [
              wait("nine", at="09:00"), in_level("top", ["gold", "black"],
                  [ask("card", "写一张手写卡", "寫一張手寫卡", "Write a card by hand")], [tell("hello", "anniversary")]),
          ], days=30, again=300, alone="")),
    Ready("refill", words("补货提醒", "補貨提醒", "Refill"),
          words("按自己的间隔，用完前七天提一句。", "按自己的間隔，用完前七天提一句。", "By one's own rhythm, a week before it runs out."),
          content(on_date("refill", 7), [wait("ten", at="10:00"), tell("remind", "refill")], days=21, again=20, alone="")),
    Ready("maintenance", words("保养到期", "保養到期", "Maintenance due"),
          words("买了半年：提醒保养，约时间的给一个时段。", "買了半年：提醒保養，約時間的給一個時段。",
                "Half a year after the purchase: a reminder, and a colleague who finds a time."),
          content(on_date("bought", 180), [
              wait("ten", at="10:00"), tell("remind", "maintenance"), wait("ten-days", 10, events=["appointment.booked"]),
              heard("booked", [{"key": "out", "kind": "out"}],
                    [ask("time", "打电话约保养", "打電話約保養", "Call to find a time", days=5)]),
          ], events=["appointment.booked", "visit.made"], days=45)),
    Ready("rescue", words("流失挽留", "流失挽留", "Churn rescue"),
          words("算出来要走的人：先听，再补救，不先给券。", "算出來要走的人：先聽，再補救，不先給券。",
                "Who may leave: listen first, make good second, no coupon before."),
          content(on_segment("may-leave"), [
              ask("listen", "打电话听一句：最近哪里不好", "打電話聽一句：最近哪裡不好", "Call and listen: what went wrong lately", days=2),
              wait("week", 7, events=CAME), heard("came", [{"key": "out", "kind": "out"}], [coupon("give", "MJ80")]),
          ])),
    Ready("season-skin", words("换季护肤", "換季護膚", "Season skin care"),
          words("按肤质标签，换季给一份小样，来店领。", "按膚質標籤，換季給一份小樣，來店領。",
                "By skin tag, a sample for the new season to claim in the store."),
          content(on_segment("sensitive-skin"), [
              coupon("sample", "SERUM1"), tell("season", "season"), wait("month", 21, events=["coupon.redeemed"]),
              heard("claimed", [ask("after", "问小样合不合适", "問小樣合不合適", "Ask how the sample was", days=5)], []),
          ], again=80, alone="")),
)  # fmt: skip


def ready(code: str) -> Ready | None:
    return next((one for one in READY if one.code == code), None)
