"""What a text pins a matter down with: branch or township, product, event date, amount, person, and where it points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.clock import local
from domain.readings import Bank

SLOT_LABELS = {
    "branches": "网点", "products": "产品", "days": "日期", "amounts": "金额", "people": "人员", "roles": "岗位",
}  # fmt: skip

_OFFICE = r"支行|分理处|营业部|营业所|储蓄所|分社|网点"
_STEM = re.compile(rf"(?:{_OFFICE}|分行|总行)$")
_NAME_TAIL = re.compile(r"(?:村镇银行|农村商业银行|农商银行|农商行|银行|村行|县|市|区)$")
_ANY_OFFICE = re.compile(rf"([一-鿿]{{2}})(?:{_OFFICE})")
_TOWNSHIP = re.compile(r"([一-鿿]{2})(?:镇|乡|街道)(?!下|里|村|亲|上)")
_NO_PLACE = frozenset(
    (
        "这个", "那个", "哪个", "各个", "每个", "几个", "所有", "一个", "两个", "全部", "附近", "你们", "我们", "咱们",
        "他们", "隔壁", "银行", "全辖", "辖内", "该行", "我行", "当地", "本地", "其他", "其它", "别的", "任何", "去了",
        "去这", "到了", "就近", "开户", "这家", "那家", "哪家", "一家", "农村", "乡镇", "村镇", "小城", "全县", "全市",
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
    "房贷": "房贷|按揭|月供", "抵押登记": "解押|抵押证|他项|注销抵押|抵押登记", "经营贷": "经营贷|经营性贷款|过桥",
    "农户贷": "助农贷|农户贷|惠农贷|春耕", "创业贷": "创业贷|创业担保", "信用卡": "信用卡", "助学贷": "助学贷",
    "手机银行": "手机银行|app|闪退|登不上|登录|客户端|崩了", "短信费": "短信费|短信服务费|短信",
    "账户管理费": "管理费|小额账户", "年费": "年费", "工资卡": "工资卡|工资", "社保卡": "社保卡|养老金|社保",
    "取款机": "取款机|atm|自助机|吞卡", "柜台排队": "窗口|取号|叫号|喊号|排队|排到", "收款码": "收款码|二维码|货款",
    "转账": "转账|限额", "征信": "征信|被贷款", "存折": "存折", "人脸识别": "刷脸|人脸", "罚款": "罚款|罚单|被罚|处罚",
}  # fmt: skip
_PRODUCT_PATTERNS = {name: re.compile(pattern) for name, pattern in _PRODUCTS.items()}
_ROLE_PATTERNS = {name: re.compile(pattern) for name, pattern in _ROLES.items()}
_PLATFORMS = {
    "douyin": "抖音", "kuaishou": "快手", "weibo": "微博", "tieba": "贴吧", "wechat": "公众号|朋友圈", "forum": "论坛",
    "xiaohongshu": "小红书", "bilibili": "b站", "zhihu": "知乎", "news": "日报|晚报|新闻上|电视台",
}  # fmt: skip
_PLATFORM_PATTERNS = {name: re.compile(pattern) for name, pattern in _PLATFORMS.items()}

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


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of one text. Branches and townships by their stem (城东), people by surname (吴), amounts in yuan."""

    branches: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    amounts: frozenset[int] = frozenset()
    people: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    points_at: frozenset[str] = field(default=frozenset())


def read_slots(normalised: str, bank: Bank, moment: datetime) -> Slots:
    """The slots of a text (as from `incidents.text.normalise`) that was published at ``moment``."""
    return Slots(
        branches=frozenset(_branches(normalised, bank)),
        products=_named(_PRODUCT_PATTERNS, normalised),
        days=frozenset(_days(normalised, local(moment).date())),
        amounts=frozenset(_amounts(normalised)),
        people=frozenset(first or second for first, second in _PERSON.findall(normalised)),
        roles=_named(_ROLE_PATTERNS, normalised),
        points_at=_named(_PLATFORM_PATTERNS, normalised),
    )


def is_advert(normalised: str) -> bool:
    """Whether the text sells something: loan agents, paid complaints, contact by private message."""
    return _ADVERT.search(normalised) is not None


def stem(branch: str) -> str:
    """A branch's place: 城东支行 is 城东."""
    return _STEM.sub("", branch) or branch


def local_names(bank: Bank) -> tuple[str, ...]:
    """Names that every text about the bank may hold, so that they say nothing: bank, county, branches, and stems."""
    full = (bank.name, *bank.aliases, *bank.branches, *([bank.county] if bank.county else []))
    return (*full, *(short for name in full if len(short := _NAME_TAIL.sub("", stem(name))) >= 2))


def _named(patterns: Mapping[str, re.Pattern[str]], text: str) -> frozenset[str]:
    return frozenset(name for name, pattern in patterns.items() if pattern.search(text))


def _branches(text: str, bank: Bank) -> set[str]:
    """Branches by full name; else offices and townships of any name; else the bare stems of the bank's branches."""
    stems = {stem(branch) for branch in bank.branches}
    full = {stem(branch) for branch in bank.branches if branch in text}
    offices = set(_ANY_OFFICE.findall(text)) | set(_TOWNSHIP.findall(text))
    places = {place for place in offices if place not in _NO_PLACE and not _is_county(place, bank)}
    return full | places or {place for place in stems if place in text}


def _is_county(place: str, bank: Bank) -> bool:
    return bool(bank.county and place in bank.county) or any(place in name for name in (bank.name, *bank.aliases))


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
