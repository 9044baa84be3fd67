"""What a text pins a matter down with: branch or township, product, event date, amount, person, and where it points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from domain.banking import BANK_TYPES, RURAL, names_no_bank
from domain.clock import local
from domain.readings import Bank
from incidents.text import any_of, squeeze

SLOT_LABELS = {
    "branches": "网点", "products": "产品", "days": "日期", "amounts": "金额", "people": "人员", "roles": "岗位",
    "numbers": "文号", "tags": "话题", "quotes": "引语",
}  # fmt: skip
_ALL = attrgetter(*SLOT_LABELS)

_OFFICE = r"支行|分理处|营业部|营业所|储蓄所|分社|网点"
_STEM = re.compile(rf"(?:{_OFFICE}|分行|总行)$")
_NAME_TAIL = re.compile(r"(?:村镇银行|农村商业银行|农商银行|农商行|银行|村行|县|市|区)$")
_ANY_OFFICE = re.compile(rf"([一-鿿]{{2}})(?:{_OFFICE})")
_TOWNSHIP = re.compile(r"([一-鿿]{2})(?:镇(?!银行)|乡|街道)(?!下|里|村|亲|上|干部)")
_NEVER_IN_PLACES = frozenset("这那哪各每某该我你他她们个的了在去到行县市省及从就有是一")
_NO_PLACE = frozenset(
    (
        "所有", "两个", "全部", "附近", "隔壁", "银行", "全辖", "当地", "本地", "其他", "其它", "任何", "开户",
        "家村", "农村", "乡镇", "村镇", "小城", "周末", "周日", "今天", "昨天", "上午", "下午",
    )
)  # fmt: skip
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻苏潘葛范彭鲁韦马方俞任袁柳鲍史"
    "唐费薛雷贺倪汤罗郝邬安常乐于傅齐康伍余顾孟黄穆萧尹姚邵汪祁毛狄戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵季贾路"
    "江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫房丁邓洪包左石崔龚程邢裴陆翁曾谭叶段侯武刘龙白赖乔"
    "覃欧阎汝辛游冉温庄柴瞿闫聂向易廖曹"
)
_PERSON = re.compile(rf"([{_SURNAMES}])(?:某某?|经理|主任|行长|科长|柜员)|姓([{_SURNAMES}])的?")
_ROLES = {
    "客户经理": "客户经理|信贷员|信贷经理", "柜员": "柜员|柜台小|号窗", "大堂经理": "大堂", "行长": "行长",
    "主任": "主任", "保安": "保安", "催收": "催收",
}  # fmt: skip
_PRODUCTS = {
    "大额存单": "大额存单|存单", "定期存款": "定期|定存|转存", "保险": "保险|万能险|分红险|保单|退保", "理财": "理财",
    "房贷": "房贷|按揭|月供", "抵押登记": "解押|抵押证|他项|注销抵押|抵押登记", "经营贷": "经营贷|经营性贷款",
    "续贷": "续贷|展期|过桥",
    "农户贷": "助农贷|农户贷|惠农贷|春耕", "创业贷": "创业贷|创业担保", "信用卡": "信用卡", "助学贷": "助学贷",
    "手机银行": "手机银行|app|闪退|登不上|登录|客户端|崩了", "短信费": "短信费|短信服务费|短信",
    "账户管理费": "管理费|小额账户", "年费": "年费", "工资卡": "工资卡|工资", "社保卡": "社保卡|养老金|社保",
    "取款机": "取款机|atm|自助机|吞卡", "柜台排队": "窗口|取号|叫号|喊号|排队|排到", "收款码": "收款|二维码|货款",
    "转账": "转账|限额", "征信": "征信|被贷款", "存折": "存折", "人脸识别": "刷脸|人脸", "罚款": "罚款|罚单|被罚|处罚",
    "零钱": "硬币|零钱|散钱|毛票|钢镚", "继承": "继承|公证|遗产|死亡证明", "补卡": "补卡|换卡|工本费",
    "助农取款点": "助农点|助农取款", "提前还款": "提前还|违约金|补偿金", "对公账户": "对公",
}  # fmt: skip
_PLATFORMS = {
    "douyin": "抖音", "kuaishou": "快手", "weibo": "微博", "tieba": "贴吧", "wechat": "公众号|朋友圈", "forum": "论坛",
    "xiaohongshu": "小红书", "bilibili": "b站", "zhihu": "知乎", "news": "日报|晚报|新闻上|电视台",
}  # fmt: skip
_KINDS = {"roles": _ROLES, "products": _PRODUCTS, "points_at": _PLATFORMS}
_MEANT = {
    word: (slot, name) for slot, names in _KINDS.items() for name, words in names.items() for word in words.split("|")
}
_WORD = any_of(_MEANT)

_DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2, "〇": 0}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_COUNTED = r"(?!\d|[年月日号户个天人条次点期岁分秒小张家亩斤辆])"
_AMOUNT = re.compile(
    rf"(?:(\d+(?:\.\d+)?)(亿|万|千|百)?|([一二三四五六七八九十两][零〇一二两三四五六七八九十百千万亿]*))"
    rf"(?:多|余|来)?(万?元|块)?{_COUNTED}"
)
_MONTH_WORDS = "[一二三四五六七八九十]{1,3}"
_DAY = re.compile(rf"(\d{{1,2}})月(\d{{1,2}})(?!\d)|({_MONTH_WORDS})月({_MONTH_WORDS})[日号]")
_RELATIVE = {"大前天": 3, "前天": 2, "昨天": 1, "昨晚": 1, "昨儿": 1, "昨日": 1}
_SMALLEST_AMOUNT = 1000

_ADVERT = re.compile(
    r"(?:加|\+)\s*(?:我|v|vx|微|微信|q|qq)|(?:v|vx|wx|微信)\s*[:：]|不成功不收费|当天下款|不看负债|专人对接|私信我?办|"
    r"代办.{0,6}(?:流水|贷款|提额|退保)|全额退保"
)


_GENERAL = re.compile("会议(?:强调|指出|要求|认为|听取)|政策(?:解读|问答)|(?:风险|安全|防骗|消费)提示")
_ANSWER = re.compile(
    "[致道]歉|情况说明|情况通报|严正声明|郑重声明|辟谣|[造信传]谣|不实信息|关于.{2,40}的(?:说明|通报|声明|回应|答复)|(?:银行|我行)(?:表示|承诺|回应)"
)

_FOLLOW_UP = re.compile(
    r"后续|^续|更新一下|来更新|进展|第[一二三四五六七八九十百\d]+天|(?:办好|解决|退[到回]|批下?来?|到账|抓到)了"
    "|谢谢(?:大家|各位|每一)"
)


_NUMBER = re.compile(r"[〔\[(]20\d\d[〕\])]\s*(?:第|[一-鿿]\d*[一-鿿]{0,6})?\s*\d+号")
_TAG = re.compile(r"#([^#\s]{2,40})#|#([^#\s,。;!?]{2,40})")
_QUOTE = re.compile(r"[“「『\"]([^“”「」『』\"\n]{6,40})[”」』\"]")
_TELLING = 5
"""Characters that a hashtag or a quoted sentence has to have, local names apart, to stand for one matter."""
_MENTION = re.compile(r"@([\w\-·]{2,20})")
_SOURCE = re.compile(
    r"(?:转自|来源:|转发|据)[\s“「\"@]*([\w\-·]{2,12}?)(?=[”」\"\s:)]|报道|消息|公众号|$)", re.MULTILINE
)

_BANK = re.compile(f"{RURAL}|商行|信合|邮储|[农工建中交招]行(?!业|李|为)|村镇银行|商业银行|银行|村行")
_NAME = re.compile("[一-鿿]{0,4}$")


@dataclass(frozen=True)
class Slots:
    """The slots of one text. Branches and townships by their stem (城东), people by surname (吴), amounts in yuan.

    ``numbers`` are those of documents and cases, ``tags`` telling hashtags, ``quotes`` sentences in quotation marks,
    both squeezed.
    """

    branches: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    amounts: frozenset[int] = frozenset()
    people: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    quotes: frozenset[str] = frozenset()
    points_at: frozenset[str] = frozenset()

    @cached_property
    def filled(self) -> tuple[tuple[str, frozenset[Any]], ...]:
        """Those of `SLOT_LABELS` in which something stands, by name."""
        return tuple([slot for slot in zip(SLOT_LABELS, _ALL(self), strict=True) if slot[1]])

    def __or__(self, other: Slots) -> Slots:
        """The slots of two texts that are read together."""
        names = (member.name for member in fields(self))
        return Slots(**{name: getattr(self, name) | getattr(other, name) for name in names})


def read_slots(normalised: str, bank: Bank, moment: datetime) -> Slots:
    """The slots of a text (as from `incidents.text.normalise`) that was published at ``moment``."""
    named: dict[str, set[str]] = {slot: set() for slot in _KINDS}
    for word in _WORD.findall(normalised):
        slot, name = _MEANT[word]
        named[slot].add(name)
    return Slots(
        branches=frozenset(_branches(normalised, bank)),
        products=frozenset(named["products"]),
        days=frozenset(_days(normalised, local(moment).date())),
        amounts=frozenset(_amounts(normalised)),
        people=frozenset(first or second for first, second in _PERSON.findall(normalised)),
        roles=frozenset(named["roles"]),
        numbers=frozenset(squeeze(found) for found in _NUMBER.findall(normalised)),
        tags=frozenset(_telling(_TAG, normalised, bank)),
        quotes=frozenset(_telling(_QUOTE, normalised, bank)),
        points_at=frozenset(named["points_at"]),
    )


def credited(text: str) -> frozenset[str]:
    """Accounts that a text as published names as its source: @name, 转自 name, 据 name 报道."""
    plain = unicodedata.normalize("NFKC", text)
    return frozenset((*_MENTION.findall(plain), *_SOURCE.findall(plain)))


def _telling(pattern: re.Pattern[str], text: str, bank: Bank) -> Iterable[str]:
    names = local_pattern(bank)
    for match in pattern.finditer(text):
        said = squeeze(match[match.lastindex or 0])
        if len(names.sub("", said)) >= _TELLING:
            yield said


def is_answer(normalised: str) -> bool:
    """Whether the text tells what the bank says to a matter: an apology, an explanation, a rebuttal, a promise."""
    return _ANSWER.search(normalised) is not None


def follows_up(normalised: str) -> bool:
    """Whether the text goes on with what was told before, if it was by the same author."""
    return _FOLLOW_UP.search(normalised) is not None


def is_advert(normalised: str) -> bool:
    """Whether the text sells something: loan agents, paid complaints, contact by private message."""
    return _ADVERT.search(normalised) is not None


def is_general(normalised: str) -> bool:
    """Whether the text reports a meeting, explains a policy or gives advice: its topics are those of complaints."""
    return _GENERAL.search(normalised) is not None


@lru_cache(maxsize=1024)
def stem(branch: str) -> str:
    """A branch's place: 城东支行 is 城东."""
    return _STEM.sub("", branch) or branch


@lru_cache(maxsize=16)
def local_pattern(bank: Bank) -> re.Pattern[str]:
    """Finds any of `local_names`."""
    return any_of(local_names(bank))


def local_names(bank: Bank) -> tuple[str, ...]:
    """Names that every text about the bank may hold, so that they say nothing: bank, county, branches, and stems."""
    full = (bank.name, *bank.aliases, *bank.branches, *([bank.county] if bank.county else []))
    return (*full, *(short for name in full if len(short := _NAME_TAIL.sub("", stem(name))) >= 2))


def _branches(text: str, bank: Bank) -> set[str]:
    """Branches by full name, else by their bare stems; and offices and townships of any name."""
    full = {stem(branch) for branch in bank.branches if branch in text}
    places = {place for place in (*_ANY_OFFICE.findall(text), *_TOWNSHIP.findall(text)) if _is_place(place, bank)}
    places = {place for place in places if not any(name.endswith(place) for name in full)}
    return places | (full or {place for place in map(stem, bank.branches) if place in text})


def _is_place(found: str, bank: Bank) -> bool:
    if found in _NO_PLACE or not _NEVER_IN_PLACES.isdisjoint(found):
        return False
    return not (bank.county and found in bank.county) and not any(found in name for name in (bank.name, *bank.aliases))


def _days(text: str, today: date) -> Iterable[date]:
    for month, day, month_word, day_word in _DAY.findall(text):
        found = _latest(_number(month or month_word), _number(day or day_word), today)
        if found:
            yield found
    for word, back in _RELATIVE.items():
        if word in text:
            yield today - timedelta(days=back)
            break


def _latest(month: int, day: int, today: date) -> date | None:
    """The last such day not after tomorrow."""
    for year in (today.year, today.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            return None
        if found <= today + timedelta(days=1):
            return found
    return None


def _amounts(text: str) -> Iterable[int]:
    """Sums of money in yuan from 1,000 up. A bare figure is no sum: it needs 元, 块, 万 or 千."""
    for figure, unit, word, money in _AMOUNT.findall(text):
        value = float(figure) * _UNITS.get(unit, 1) if figure else float(_number(word))
        value *= 10_000 if money == "万元" else 1
        if value >= _SMALLEST_AMOUNT and (money or unit or not figure):
            yield round(value)


def _number(word: str) -> int:
    """A whole number in digits or in words, also spoken short: 三万八 is 38,000."""
    if word.isdigit():
        return int(word)
    total = section = digit = unit = 0
    for char in word:
        if char not in _UNITS:
            digit = _DIGITS[char]
            continue
        unit = _UNITS[char]
        if unit >= _UNITS["万"]:
            total, section = (total + section + (digit or (0 if section else 1))) * unit, 0
        else:
            section += (digit or 1) * unit
        digit = 0
    spoken_short = unit >= 100 and word[-2:-1] in _UNITS
    return total + section + digit * (unit // 10 if spoken_short else 1)


def names_another_bank(normalised: str, bank: Bank) -> bool:
    """Whether a bank of another name or kind stands in the text; one called after a place of ours is ours."""
    names = local_names(bank)
    return any(_is_another(before, kind, names) for before, kind in _banks(normalised))


def names_another_kind(normalised: str, bank: Bank) -> bool:
    """Whether a bank of a kind that ours is not stands in the text: 信用社 where a village bank is watched."""
    names = local_names(bank)
    return any(not _is_our_kind(found[0], names) for found in _BANK.finditer(normalised))


def _banks(text: str) -> Iterable[tuple[str, str]]:
    """Each word for a bank, behind the up to four characters before it that may be its name."""
    end = 0
    for found in _BANK.finditer(text):
        name = _NAME.search(text, max(end, found.start() - 4), found.start())
        yield name[0] if name else "", found[0]
        end = found.end()


def _is_our_kind(kind: str, names: tuple[str, ...]) -> bool:
    core = "农商" if kind.startswith(("农商", "农村商业")) else kind
    return kind in BANK_TYPES or any(core in name.replace("农村商业", "农商") for name in names)


def _is_another(before: str, kind: str, names: tuple[str, ...]) -> bool:
    if not _is_our_kind(kind, names):
        return True
    if not before or names_no_bank(before, "银行"):
        return False
    return not any(before in name or before.endswith(name) or (before + kind).endswith(name) for name in names)
