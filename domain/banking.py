"""What a text says of banks at all: whether it speaks of banking, and whether a word before 银行 is a bank's name."""

from __future__ import annotations

import re
from functools import lru_cache

_BANKING = re.compile(
    "银行|存款|存折|存单|存钱|存了|定期|利息|利率|年息|降息|lpr|转存|取款|取钱|取不出|提现|atm|柜员机|储户|柜台|柜员|柜机|柜面"
    "|网点|支行|分理处|取号|叫号|大堂|行长|客户经理|信贷|理财|保单|(?<![网利园裸借])贷|按揭|月供|授信|抵押|解押|征信|逾期|催收"
    "|放款|还款|转账|收款|对账|网银|手续费|银行卡|储蓄卡|工资卡|开卡|补卡|解卡|冻卡|非柜|挂失|开户|销户"
)
_HALF_BANKING = re.compile(
    "窗口|排队|养老金|工资|补偿款|保险|余额|账户|卡(?!车|通|路|点|拉|死|顿|住)|冻|密码|硬币|钢[镚蹦]|零钱|到账|app|存|取|贷|扣|钱"
)


@lru_cache(maxsize=4096)
def speaks_of_banking(normal: str) -> bool:
    """Whether a text in normal form has one of the words of the trade, or two that are also used elsewhere."""
    return bool(_BANKING.search(normal)) or len(set(_HALF_BANKING.findall(normal))) >= 2


_NO_NAME = re.compile(
    "(?:手机|电子|直销|人民|垃圾|骗子|黑心|无良|良心|流氓|吸血鬼?|恶心|农民|百姓|自己|地方|农村|农商|任何|这边|那边|投诉|举报|支持|感谢|喜欢|当地"
    "|本地|县内"
    "|[家这那哪几个我你他她它您们咱本该贵小大好破的了在去是到找给跟和与从对被叫让说把县镇乡同有没为向由当也都问查种间于将成"
    "换跑进出回等靠信托逼求告骂选讲一时候前后里外上早晚天才就又再只能会话连但而并却着过吗呢吧啊么谁每元块万传钱款卡单号人户欠还存管怪怕"
    "要用来各多些抬拉某])$"
)
"""What stands before 银行 without being a bank's name: this bank, which bank, mobile banking, or a verb."""
_NO_NAME_OF_A_TYPE = re.compile(
    "(?:绕行|提供|是指|相关|有关|异地|正常|联系|辖内|冒充|聚集|县城|对面|隔壁|附近|标题党|哈哈|听听|代发|认得|多地|养活|出借|县区|希望"
    "|以下|以上|个亿|[一这那]位|这帮|那帮|今儿|今日|点半|[今昨明前后]天|周[一-日]|假期|月底|到期|部分|个别|多数|全国|外地|县域|指定|对方|不[如够]"
    "|一定|不得|就得|对此|建议|谢谢|关注|起诉|反映|点名|召集|组织|编造|散布|传播|填写|抬入|解冻|买卖|出售|自助|经办|监控|保险|房贷|利息|缺德|正儿八经|貔貅"
    "|一下|一通|没走|说归|[啥甚俩仨爬疯防请推绑替]"
    "|[打烂放听以趟月年节事张因离路街黑坐怼夸逛算开比罚])$"
)
"""The same where only a type of bank follows (银行, 村镇银行), and not 农商行 or 信用社, which are always somebody."""
BANK_TYPES = ("村镇银行", "商业银行", "银行", "村行")
"""Words that mean any bank, unless a name stands before them."""
RURAL_BANKS = ("农村商业银行", "农商银行", "农商行", "农商", "信用社", "联社", "农信社", "农信")
"""Words that mean somebody without a name, too: the rural commercial bank or credit union of the place."""
_LONGER_WORDS = {"农商": "(?![店城场户大贸务品旅超会圈机])", "农信": "(?![贷用息任誉件号])"}
RURAL = "|".join(word + _LONGER_WORDS.get(word, "") for word in RURAL_BANKS)
"""The same as a pattern; 农商户 and 惠农信贷 are no banks."""
BANK_ENDINGS = (*BANK_TYPES, *RURAL_BANKS)
BANK_WORDS = (
    *BANK_ENDINGS, "农行", "工行", "建行", "中行", "交行", "招行", "邮储", "邮政", "微众", "网商", "大行", "股份行",
    "某行", "信合", "邮局", "网贷",
)  # fmt: skip
"""One of them stands in every other bank's name; an ending has up to four characters of the name before it."""


@lru_cache(maxsize=65536)
def names_no_bank(before: str, kind: str) -> bool:
    """Whether what stands before a word for a bank names none: ``before`` up to four characters, ``kind`` the word."""
    if kind in BANK_TYPES and (len(before) < 2 or _NO_NAME_OF_A_TYPE.search(before)):
        return True
    return _NO_NAME.search(before) is not None
