"""Makes the pictures beside it: ``python make.py``, with Chromium, a Chinese font and the extra ``ocr`` installed.

Three kinds of what customers post: a phone-banking screen with small type, one in dark mode, and a screen that was
photographed (perspective, the screen's own raster and its moiré, glare, blur, noise, JPEG at quality 40). All words are
made up.
"""

from __future__ import annotations

import html
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
SIZE = (390, 620)
SCREENS = {
    "transfer": (
        "转账汇款", ("收款人  王建国", "收款银行  桐花村镇银行", "转账金额  5,000.00 元"),
        "系统繁忙，转账失败，请稍后再试（错误码 E5032）",
        "钱已经从我账户扣了，对方说没有收到，打了三遍客服电话都没有人接。",
    ),
    "login": (
        "手机银行登录", ("登录密码错误次数过多", "账户已被临时锁定", "请携带身份证到柜台解锁"),
        "人脸识别未通过，请到网点办理",
        "人在外地打工，一年才回去一次，这让我怎么去柜台解锁？",
    ),
    "withdraw": (
        "账户明细", ("03-15 08:21 取现失败", "03-15 08:24 冲正 2,000.00", "可用余额 0.36 元"),
        "该账户已限制非柜面交易，单日限额 500 元",
        "自己的存款取不出来，工资也转不走，问了两天没人给个说法。",
    ),
    "loan": (
        "贷款还款", ("本期应还 3,268.50 元", "逾期利息 412.77 元", "还款日 2026-03-10"),
        "扣款失败，已产生逾期记录并上报征信",
        "卡里明明有钱就是扣不走，逾期记录谁来负责？",
    ),
}  # fmt: skip
LIGHT = {"bg": "#f5f6f8", "fg": "#222", "line": "#e3e3e3", "card": "#fff", "accent": "#1677ff", "dim": "#888"}
DARK = {"bg": "#0d0d0f", "fg": "#d8d8d8", "line": "#232326", "card": "#1c1c20", "accent": "#3f8cff", "dim": "#77777c"}
CSS = """
* {{ margin: 0; box-sizing: border-box; font-family: 'Noto Sans CJK SC' }}
body {{ background: {bg}; color: {fg}; font-size: {type}px; line-height: 1.5 }}
.bar {{ padding: 12px; text-align: center; font-weight: bold; border-bottom: 1px solid {line} }}
.row {{ padding: 10px 16px; border-bottom: 1px solid {line} }}
.box {{ margin: 26px 40px; padding: 18px; border-radius: 12px; background: {card}; text-align: center }}
.yes {{ color: {accent}; padding-top: 12px }}
.said {{ padding: 14px 16px; color: {dim} }}
"""


def shot(name: str, theme: dict[str, str], type_px: int, scale: int) -> bytes:
    """A screen as Chromium shows it, as PNG; ``scale`` device pixels to a CSS pixel."""
    bar, rows, dialog, said = SCREENS[name]
    listed = "".join(f'<div class="row">{html.escape(row)}</div>' for row in rows)
    page = (
        f'<meta charset="utf-8"><style>{CSS.format(**theme, type=type_px)}</style><div class="bar">{bar}</div>{listed}'
        f'<div class="box">{dialog}<div class="yes">确定</div></div><div class="said">{said}</div>'
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "page.html", Path(folder) / "page.png"
        source.write_text(page, encoding="utf-8")
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--force-device-scale-factor={scale}", f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={target}",
            source.as_uri(),
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return target.read_bytes()


def photographed(screen: bytes, seed: int, width: int = 760) -> bytes:
    """The screen as a phone's camera sees it from the side, as JPEG."""
    rng = np.random.default_rng(seed)
    image = cv2.imdecode(np.frombuffer(screen, np.uint8), cv2.IMREAD_COLOR).astype(np.float32)
    high, wide = image.shape[:2]
    y, x = np.mgrid[0:high, 0:wide]
    raster = 1 - 0.10 * (0.5 + 0.5 * np.sin(2 * np.pi * x / 2.9 + seed)) * (0.5 + 0.5 * np.sin(2 * np.pi * y / 3.1))
    moire = 1 + 0.10 * np.sin(2 * np.pi * (x * 0.021 + y * 0.034)) + 0.07 * np.sin(2 * np.pi * (x * 0.05 - y * 0.043))
    image *= (raster * moire)[..., None]
    out, ground = (width, int(width * 1.35)), (38, 44, 52)
    edge = rng.uniform(0.03, 0.11, 8) * np.tile(out, 4)
    corners = np.array([[0, 0], [out[0], 0], [out[0], out[1]], [0, out[1]]]) + edge.reshape(4, 2) * np.array(
        [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    )
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    seen = cv2.warpPerspective(image, matrix, out, flags=cv2.INTER_AREA, borderValue=ground)
    y, x = np.mgrid[0 : out[1], 0 : out[0]]
    light = 0.72 + 0.4 * (x / out[0]) * (1 - y / out[1])
    glare = 90 * np.exp(-(((x / out[0] - 0.75) / 0.18) ** 2) - ((y / out[1] - 0.2) / 0.1) ** 2)
    seen = cv2.GaussianBlur(seen * light[..., None] + glare[..., None], (0, 0), 1.1) + rng.normal(0, 6, seen.shape)
    done, coded = cv2.imencode(".jpg", np.clip(seen, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 40])
    assert done
    return bytes(coded)


def main() -> None:
    """Write the pictures and their words."""
    expected = {}
    for seed, (name, (bar, rows, dialog, said)) in enumerate(SCREENS.items(), 3):
        plain = shot(name, LIGHT, 15, 2)
        made = {
            f"small-{name}.png": shot(name, LIGHT, 12, 1),
            f"dark-{name}.png": shot(name, DARK, 14, 1),
            f"photo-{name}.jpg": photographed(plain, seed),
        }
        for file, body in made.items():
            (HERE / file).write_bytes(body)
            expected[file] = [bar, *rows, dialog, "确定", said]
    lines = json.dumps(expected, ensure_ascii=False, indent=1)
    (HERE / "expected.json").write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
