"""Whether a text speaks of banking: what makes a place in the county a branch of the bank, and not just a place."""

from __future__ import annotations

import re
from functools import lru_cache

_BANKING = re.compile(
    "银行|存款|存折|存单|存钱|存了|定期|利息|利率|年息|降息|lpr|转存|取款|取钱|取不出|提现|atm|柜员机|储户|柜台|柜员|柜机|柜面"
    "|网点|支行|分理处|取号|叫号|大堂|行长|客户经理|信贷|理财|保单|(?<![网利园裸借])贷|按揭|月供|授信|抵押|解押|征信|逾期|催收"
    "|放款|还款|转账|收款|对账|网银|手续费|银行卡|储蓄卡|工资卡|开卡|补卡|解卡|冻卡|非柜|挂失|开户|销户"
)
_HALF_BANKING = re.compile(
    "窗口|排队|养老金|工资|补偿款|保险|余额|账户|卡(?!车|通|路|点|拉|死|顿|住)|冻|密码|硬币|零钱|到账|app|存|取|贷|扣|钱"
)


@lru_cache(maxsize=4096)
def speaks_of_banking(normal: str) -> bool:
    """Whether a text in normal form has one of the words of the trade, or two that are also used elsewhere."""
    return bool(_BANKING.search(normal)) or len(set(_HALF_BANKING.findall(normal))) >= 2
