"""What a text without topics of its own speaks of: cue words for each topic.

The text stage names topics only where a text complains of the watched bank. A report, an answer of the bank or a
complaint that leaves the name out has none, yet speaks of the same matter: its words say of which kind it is, beside
what the reading leans to.
"""

from __future__ import annotations

import re

_CUES = {
    "interest_swallowed": "利息(?:少|没|被|去哪)|转存|靠档|吞利息",
    "withdrawal_hard": "取不出|不[给让]取|限取|预约取款|取款难|现金(?:供应|储备|充足)",
    "bank_run_rumor": "倒闭|要倒了|挤兑|破产|限取|集中取款|取不出钱|现金(?:供应|储备|充足)|谣",
    "collateral_slow": "解押|他项|抵押(?:登记|注销)|注销抵押",
    "renewal_slow": "续贷|先还后续|过桥",
    "collection_abuse": "催收|通讯录",
    "credit_record": "征信|被贷款",
    "fees_unfair": "短信(?:服务)?费|短信服务|管理费|年费|乱收费|扣费",
    "mis_selling": "存款变|退保|双录|(?:变|买|当|办)成.{0,4}(?:保险|理财)|误导",
    "app_fault": "(?:手机银行|app|客户端|网银|系统).{0,20}(?:异常|故障|恢复|登不|登录|崩|闪退|无法|瘫痪|修复)",
    "transfer_limit": "限额",
    "account_restricted": "冻结|非柜面|只收不付|解冻",
    "service_bad": "态度(?:差|恶劣)|辱骂|推搡",
    "queue_slow": "排队|窗口|取号|叫号|排到",
    "elderly_unfriendly": "抬(?:进|着|到|去)|刷脸|人脸|卧床|上门(?:服务|办理)",
    "staff_misconduct": "立案|侵占|卷(?:走|款)|失联|飞单|抓到|被抓|抓获|刑拘|挪用|受贿|回扣|查无",
    "privacy_leak": "泄露|信息被卖",
    "penalty_news": "处罚|罚款|罚单|被罚",
    "group_event": "聚集|横幅|维权|上访|[讨要]说法|围堵",
}
_PATTERNS = {topic: re.compile(cues) for topic, cues in _CUES.items()}


def themes(normalised: str) -> tuple[str, ...]:
    """Topics of which the text (as from `incidents.text.normalise`) holds a cue, in a fixed order."""
    return tuple(topic for topic, pattern in _PATTERNS.items() if pattern.search(normalised))
