"""Every outcome of a decision, in words."""

from __future__ import annotations

REASONS = {
    "first": "首次达到{level}。{why}",
    "reflare": "解除后再次达到{level}。{why}",
    "afterglow": "解除后又有动静，但 24 小时内只有 {authors} 名作者发帖，不足 {needed} 名，不重新通报。",
    "raised": "由{before}升为{level}。{why}",
    "growth": "{level}持续扩大：传播指数由 {was} 升至 {index}，距上次通报 {hours} 小时。{why}",
    "resolved": "已平息：最后一帖距今 {hours} 小时，热度已低于黄色门槛的 {percent}%。",
    "resolved_quietly": "已平息：最后一帖距今 {hours} 小时；{notified}的解除只写进日报，不单独发邮件。",
    "resolved_unsent": "已平息；这一轮没有发过邮件，不发解除通知。",
    "nothing": "没有达到任何级别。",
    "blue": "蓝色只列入清单和日报，不发邮件。",
    "below_notified": "曾按{notified}通报，现为{level}，不重复通报。",
    "muted": "传播指数已明显扩大，但{by}已于 {at} 标为误报，达到更高级别以前不再通报。",
    "no_growth": "{level}已通报过，传播指数没有明显扩大（上次 {was}，现在 {index}）。",
    "cooldown": "传播指数已明显扩大，但距上次通报只有 {hours} 小时，满 {cooldown} 小时再通报。",
    "frozen": "有来源看不到（{sources}），级别保持{level}，不降级也不解除。",
    "hysteresis": "略低于{level}门槛但仍在其 {percent}% 以上，级别保持{kept}。",
    "falling": "已低于{level}门槛的 {percent}%，持续满 {hold} 小时才降级。",
    "fallen": "由{before}降为{level}；降级不单独发邮件。",
    "waiting_quiet": "已降到黄色以下，最后一帖满 {quiet} 小时后发解除通知。",
    "waiting_morning": "已平息；现在是静默时段，{until} 以后发解除通知。",
    "waiting_silence": "已平息；已暂停通报（{silence}），到时再发解除通知。",
    "quiet": "{why}现在是静默时段，{until} 送达，届时按这段时间里最高的情况写。",
    "silenced": "{why}已暂停通报（{silence}），不发邮件；到时级别仍在就补发。",
    "reminder": "第 {rung} 次催办：{level}预警 {at} 已发给 {readers}，{minutes} 分钟了还没有人确认。",
}
"""Every outcome, in the words of the decision record and the mail; docs/alerts.md lists them."""


def say(row: str, **values: str) -> str:
    """The words of an outcome with its figures."""
    return REASONS[row].format(**values)
