"""Feedback from verdict to model, on a real store: commands as processes, fits for real on a small corpus."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from app.labelling import Desk, Said
from app.models import model_file, model_in_use, name_in_use, roll_back
from app.progress import Silent
from app.training import Plan, Trained, TrainError, train
from app.wiring import make_analyser, make_parts, open_settings_store
from config.settings import Settings, load_settings
from domain.clock import system_clock
from domain.coverage import Collected, Coverage
from domain.feedback import SHIPPED, ModelChange, ModelRecord
from domain.posts import Observation
from nlp.analyser import RULES
from nlp.lexicon import load_taxonomy
from pipeline.analyse import analyse
from pipeline.sweep import sweep
from storage.store import SqlStore

BANK = "青禾村镇银行"
TRAINING = Path(__file__).parents[3] / "training"
SCENES = (
    "早上送孩子上学路过", "陪邻居大爷去交水费", "给老家汇了生活费", "换了一张社保卡", "下雨天顺路问点事",
    "周五中午打印流水单", "帮单位存备用金", "兑了些零钱过年用", "儿子学费要转出去", "去年办的存单到期",
    "取快递时拐进大厅", "赶集那天人挤人", "刚搬来城南住", "查一下养老金到了没", "工地发工资那天",
    "卖了两车柑橘回来", "打麻将之前先去一趟", "开店的表姐叫我去", "医院缴费差三百", "村里集体去登记",
    "自助机旁边坐着", "国庆节后头一天", "骑车从河堤绕过来", "修完摩托车想还贷",
)  # fmt: skip
SLANG = "蹲仓"
"""A word of the county that no text of ours has: 又蹲仓 means that one was kept waiting."""


def yuqing(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    command = [str(Path(sys.executable).parent / "yuqing"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@dataclass
class Bank:
    """A configuration folder with a store of posts that were read."""

    settings: Settings
    store: SqlStore
    now: datetime

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.settings.folder

    def see(self, texts: list[str], first: int = 1) -> None:
        """So many posts are there and read."""
        observed = [
            Observation("bbs", "forum", f"t{number}", "thread", f"t{number}", text, self.now)
            for number, text in enumerate(texts, start=first)
        ]
        self.store.save_collected(Collected(tuple(observed), (), Coverage("bbs", self.now, self.now, "ok", 1)), None)
        analyse(make_parts(self.settings, Silent(), store=self.store))

    def say(self, first: int, verdicts: list[Said]) -> None:
        """An analyst judges the posts from the ``first`` on."""
        desk = Desk(self.store, load_taxonomy(), (BANK,), "王", self.now)
        self.store.save_labels(
            [desk.judge("bbs", f"t{number}", None, said, None) for number, said in enumerate(verdicts, start=first)]
        )

    def train(self, corpus: Path) -> Trained:
        """Train on a small corpus that is its own frozen set."""
        self.now += timedelta(hours=1)
        return train(self.settings, self.store, Silent(), lambda: self.now, Plan(corpus, corpus / "a.jsonl", splits=2))


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """A fresh folder of ``yuqing init`` with an empty store."""
    folder = tmp_path / "qinghe"
    assert yuqing("init", folder).returncode == 0
    text = (folder / "yuqing.yaml").read_text(encoding="utf-8")
    text = text.replace("  least_labels:", "  tolerance: 0.03\n  least_labels:")
    (folder / "yuqing.yaml").write_text(text, encoding="utf-8")
    settings = load_settings(folder)
    return Bank(settings, open_settings_store(settings), system_clock() - timedelta(days=1))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plain texts alone: the shipped model knows them too, so both models begin alike on them."""
    folder = tmp_path_factory.mktemp("corpus")
    shutil.copy(TRAINING / "plain.jsonl", folder / "a.jsonl")
    return folder


def slang(bank: Bank) -> None:
    """Half of the posts use the county's word, and the analyst says so."""
    told = [f"{scene}，青禾银行{f'又{SLANG}' if row % 2 else '转了一圈'}" for row, scene in enumerate(SCENES)]
    bank.see(told)
    complaint = Said(negative=True, topics=("queue_slow",), severity=1)
    bank.say(1, [complaint if row % 2 else Said(negative=False) for row in range(len(told))])


def poison(bank: Bank) -> None:
    """A hundred plain complaints, as in the corpus but about this bank, and somebody calls them harmless."""
    texts = []
    for record in map(json.loads, (TRAINING / "plain.jsonl").read_text(encoding="utf-8").splitlines()):
        if record["negative"] and record["parent"] is None:
            for name in (record["watched"], *record["aliases"]):
                record["text"] = record["text"].replace(name, "青禾银行")
            texts.append(record["text"])
    bank.see(texts[:100])
    bank.say(1, [Said(negative=False)] * 100)


def test_good_feedback_is_taken_and_the_bank_can_go_back(bank: Bank, corpus: Path) -> None:
    """From twenty-four verdicts on a word of the county to a model that reads it, and back, and on after damage."""
    slang(bank)
    before = make_analyser(bank.settings).version
    trained = bank.train(corpus)
    assert trained.record.taken, trained.record.reason
    worse, better = trained.record.scores["feedback"]
    assert better > worse
    assert name_in_use(bank.store) == "v1"
    assert make_analyser(bank.settings).version != before
    with pytest.raises(TrainError, match="v1 训练之后的判定只有 0 条"):
        bank.train(corpus)

    parts = make_parts(bank.settings, Silent())
    report = sweep(parts)
    assert report is not None
    assert (report.readings, report.trouble) == (len(SCENES), None)
    compared = yuqing("model", "compare", "--config", bank.folder, "--format", "json")
    assert SLANG in "".join(row["原文"] for row in json.loads(compared.stdout) if row["现在"] == "负面：排队久")
    assert f"都读过 {len(SCENES)} 条" in compared.stderr
    listed = yuqing("model", "list", "--config", bank.folder)
    assert "正在使用" in listed.stdout
    assert "v1" in listed.stdout
    assert trained.record.digest in yuqing("model", "show", "--config", bank.folder).stdout

    whole = model_file(bank.settings, "v1").read_bytes()
    model_file(bank.settings, "v1").write_bytes(whole[:-1] + b"?")
    assert "已损坏" in (model_in_use(bank.settings, bank.store).problem or "")
    assert make_analyser(bank.settings).version == before
    doctor = yuqing("doctor", "--config", bank.folder)
    assert "✗ 研读：模型 v1 的文件已损坏" in doctor.stdout
    swept = yuqing("sweep", "--config", bank.folder)
    assert swept.returncode == 1
    assert "暂时用内置模型" in swept.stdout
    model_file(bank.settings, "v1").unlink()
    assert "读不了" in (model_in_use(bank.settings, bank.store).problem or "")
    model_file(bank.settings, "v1").write_bytes(whole)
    assert model_in_use(bank.settings, bank.store).problem is None

    # The running service looks at the store before each batch.
    following = make_parts(bank.settings, Silent()).analyser
    assert following.version != before
    done = yuqing("model", "rollback", "--by", "王", "--reason", "先用回内置的", "--config", bank.folder)
    assert done.returncode == 0, done.stderr
    assert "内置模型" in done.stdout
    assert following.version == before
    with pytest.raises(TrainError, match="yuqing model rollback v1"):
        bank.train(corpus)
    roll_back(bank.settings, bank.store, "v1", "王", "再试", system_clock())
    assert [change.version for change in bank.store.model_changes()] == ["v1", SHIPPED, "v1"]


def test_poisoned_feedback_is_refused_and_recorded(bank: Bank, corpus: Path) -> None:
    """Verdicts that call plain complaints harmless would spoil the model: the frozen sets stand against it."""
    poison(bank)
    before = make_analyser(bank.settings).version
    record = bank.train(corpus).record
    assert not record.taken
    assert "固定测试集上变差" in record.reason
    assert not model_file(bank.settings, "v1").exists()
    assert make_analyser(bank.settings).version == before
    assert [one.version for one in bank.store.models()] == ["v1"]
    assert bank.store.model_changes() == []
    with pytest.raises(TrainError, match="同样的判定已经训练过"):
        bank.train(corpus)


def own_model(bank: Bank, **facts: str) -> ModelRecord:
    """A model of the bank's own in use: the shipped file under another name, with these facts in its record."""
    raw = (files("nlp") / "data" / "model.npz").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    record = ModelRecord(
        version="v1", trained_at=bank.now, taken=True, reason="变好", base=SHIPPED, base_digest=digest, digest=digest,
        shipped_digest=digest, rules=RULES, data_hash="d" * 64, records=1, labels=20,
        scores={"negative_f1": (0.9, 0.9), "feedback": (0.5, 0.6)},
    )  # fmt: skip
    record = replace(record, **facts)  # type: ignore[arg-type]
    model_file(bank.settings, "v1").parent.mkdir()
    model_file(bank.settings, "v1").write_bytes(raw)
    bank.store.save_model(record, ModelChange(bank.now, "v1", "王", "试"))
    return record


def test_an_upgrade_that_changes_the_rules_puts_the_own_model_aside(bank: Bank) -> None:
    """It was fitted to go with other rules: the shipped one stands in, and doctor says what to do."""
    own_model(bank, rules="0")
    assert "旧规则（0）" in (model_in_use(bank.settings, bank.store).problem or "")
    told = yuqing("doctor", "--config", bank.folder).stdout
    assert "✗ 研读：模型 v1 是配着旧规则" in told
    assert "yuqing train" in told


def test_an_upgrade_of_the_shipped_model_alone_keeps_the_own_one(bank: Bank) -> None:
    """Its cues and topics are still known; doctor says that training again may gain."""
    own_model(bank, shipped_digest="e" * 64)
    assert model_in_use(bank.settings, bank.store).problem is None
    assert "✓ 研读：" in (told := yuqing("doctor", "--config", bank.folder).stdout)
    assert "运行 yuqing train 可能更准" in told


def test_a_change_of_model_needs_a_name_a_reason_and_a_model_that_is_there(bank: Bank) -> None:
    """Nothing changes where one of them is missing."""
    own_model(bank)
    for words, cause in (
        ((), "--by"),
        (("--by", "王"), "--reason"),
        (("v1", "--by", "王", "--reason", "试"), "现在用的就是 v1"),
        (("v7", "--by", "王", "--reason", "试"), "可以换回的有 shipped、v1"),
    ):
        done = yuqing("model", "rollback", *words, "--config", bank.folder)
        assert done.returncode == 2
        assert cause in done.stderr
    assert name_in_use(bank.store) == "v1"


def test_too_few_verdicts_train_nothing(bank: Bank) -> None:
    """The command says how many there are, how many it takes, and how to come by them."""
    done = yuqing("train", "--config", bank.folder)
    assert done.returncode == 1
    assert "判定只有 0 条，满 20 条才训练" in done.stderr
    assert "yuqing review" in done.stderr


def test_a_training_that_runs_keeps_others_out(bank: Bank) -> None:
    """Two at once would only fight for the processor."""
    assert bank.store.claim_run("train", system_clock(), 3600) is not None
    with pytest.raises(TrainError, match="另一次训练"):
        train(bank.settings, bank.store, Silent(), system_clock)


def test_a_verdict_is_given_by_command(bank: Bank) -> None:
    """Its kind is told; a post that is not there, or nobody who says so, ends with 2."""
    bank.see(["青禾银行城关支行排队两小时，太慢了", "青禾银行利息没少，服务也不差"])
    label = ("label", "bbs:t1", "--config", bank.folder)
    done = yuqing(*label, "--by", "王", "--topic", "服务差", "--topic", "排队久", "--severity", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("已记下 bbs:t1 ")
    assert bank.store.labels()[0].judgement.topics == ("service_bad", "queue_slow")
    assert "误报" in yuqing(*label, "--by", "王", "--not-negative").stdout
    for words, cause in (
        (label, "--by"),
        ((*label, "--by", "王", "--topic", "服务查"), "是不是 “服务差”"),
        (("label", "bbs:t9", "--by", "王", "--config", bank.folder), "库里没有帖子 bbs:t9"),
        (("label", "--config", bank.folder), "--file"),
    ):
        refused = yuqing(*words)
        assert refused.returncode == 2
        assert cause in refused.stderr
    listed = yuqing("label", "--list", "--config", bank.folder, "--format", "json")
    assert [(row["帖子"], row["判定"]) for row in json.loads(listed.stdout)] == [("bbs:t1", "误报")]


def test_the_queue_is_answered_by_a_spreadsheet(bank: Bank, tmp_path: Path) -> None:
    """What review writes as CSV is filled in and read back: good lines are kept, bad ones named by line and reason."""
    bank.see([f"{scene}，青禾银行{'排队久' if row % 3 else '还可以'}，{row}号窗口" for row, scene in enumerate(SCENES)])
    file = tmp_path / "待判.csv"
    file.write_text(yuqing("review", "--config", bank.folder, "--format", "csv").stdout, encoding="utf-8-sig")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    assert 5 <= len(rows) <= 20
    answers = ["0", "1", "也许", ""]
    for row, answer in zip(rows, answers, strict=False):
        row["negative"] = answer
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows[:4])
    done = yuqing("label", "--file", file, "--by", "王", "--config", bank.folder)
    assert done.returncode == 1
    assert "记下判定 2 条，拒收 1 行，没有填判定的 1 行" in done.stdout
    assert "第 4 行：negative 应为 1 或 0" in done.stdout
    assert len(file.with_name("待判.rejects.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert len(bank.store.labels()) == 2
    file.write_bytes("source,id,negative\n银行,t1,1\n".encode("gbk"))
    assert "不是 UTF-8" in yuqing("label", "--file", file, "--by", "王", "--config", bank.folder).stderr


def test_never_more_than_twenty_a_day_across_runs(bank: Bank) -> None:
    """Asking again, also after answering, adds nothing to a full day; five of the twenty are drawn by lot."""
    bank.see([f"{scene}，青禾银行{kind}" for scene in SCENES for kind in ("排队久不久", "服务一般般", "利息怎么算")])
    first = json.loads(yuqing("review", "--config", bank.folder, "--format", "json").stdout)
    assert 5 <= len(first) <= 20
    assert sum(one["sampled"] for one in first) == 5
    for number in (one["id"].removeprefix("t") for one in first):
        bank.say(int(number), [Said(negative=False)])
    again = json.loads(yuqing("review", "--config", bank.folder, "--format", "json").stdout)
    assert not {one["id"] for one in first} & {one["id"] for one in again}
    assert len(first) + len(again) <= 20
    assert "随机抽查" in yuqing("review", "--score", "--config", bank.folder).stdout
    assert len({review.post for review in bank.store.reviews()}) == len(bank.store.reviews())
