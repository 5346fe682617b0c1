"""Job titles in Chinese, Japanese and Korean: scripts that put no blanks between words.

``spaced`` replaces what it knows by English words with blanks around them; the rest of the title stays as it is.
"""

from __future__ import annotations

import re

from prospecting.parsing.names import fold, vocabulary

UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""A character of a script without blanks between words."""

# English words -> how they are written. Longer ones win, so that a vice president (副总裁) is no president (总裁).
_TERMS = {
    "ceo": """首席执行官 首席執行官 首席执行长 首席執行長 首席运行官 行政总裁 行政總裁 执行长 執行長 最高経営責任者
    代表取締役 代表執行役 대표이사 최고경영자""",
    "ceo & president": """代表取締役社長 代表執行役社長 代表取締役兼社長 代表取締役執行役員社長 代表取締役社長執行役員
    대표이사사장""",
    "chairman": """董事长 董事長 董事会主席 董事會主席 董事局主席 主席 会长 會長 会長 代表取締役会長 取締役会長
    取締役会議長 회장""",
    "deputy chairman": "副董事长 副董事長 副主席 副会長 副會長 부회장",
    "president": "总裁 總裁 社長 取締役社長 执行总裁 執行總裁 사장",
    "vp": """副总裁 副總裁 副总经理 副總經理 高级副总裁 高級副總裁 执行副总裁 執行副總裁 资深副总裁 資深副總裁 副社長
    代表取締役副社長 取締役副社長 執行役員 上級執行役員 常務執行役員 専務執行役員 부사장""",
    "cfo": """首席财务官 首席財務官 首席财务长 首席財務長 财务长 財務長 最高財務責任者 최고재무책임자""",
    "cto": "首席技术官 首席技術官 首席技术长 首席技術長 首席科技官 技术长 技術長 最高技術責任者 최고기술책임자",
    "coo": """首席运营官 首席運營官 首席营运官 首席營運官 首席营运长 首席營運長 营运长 營運長 最高執行責任者
    最高業務執行責任者 최고운영책임자""",
    "cmo": """首席市场官 首席市場官 首席营销官 首席營銷官 首席行销官 首席行銷官 首席行銷長 行銷長
    最高マーケティング責任者 최고마케팅책임자""",
    "cio": "首席信息官 首席資訊官 首席资讯官 首席信息技术官 首席資訊長 資訊長 最高情報責任者 최고정보책임자",
    "ciso": """首席信息安全官 首席資訊安全官 首席安全官 首席資安官 資安長 最高情報セキュリティ責任者
    최고정보보호책임자""",
    "cdo": "首席数据官 首席數據官 首席数字官 首席數位官 最高データ責任者 最高デジタル責任者",
    "chro": """首席人力资源官 首席人力資源官 首席人才官 首席人事官 首席人力官 人資長 最高人事責任者 최고인사책임자""",
    "cso": "首席战略官 首席戰略官 首席策略官 策略長 最高戦略責任者 최고전략책임자",
    "cro": "首席营收官 首席營收官 首席收入官 首席销售官 首席銷售官 最高収益責任者 最高営業責任者",
    "cco": "首席商务官 首席商務官 首席业务官 商務長 最高商務責任者",
    "cgo": "首席增长官 首席增長官 最高成長責任者",
    "clo": "首席法务官 首席法務官 首席法律官 法務長 最高法務責任者",
    "chief product officer": "首席产品官 首席產品官 產品長 最高製品責任者 最高プロダクト責任者 최고제품책임자",
    "chief risk officer": "首席风险官 首席風險官 最高リスク責任者",
    "chief scientist": "首席科学家 首席科學家",
    "chief architect": "首席架构师 首席架構師",
    "managing_director": """总经理 總經理 董事总经理 董事總經理 执行董事 執行董事 専務取締役 常務取締役 専務 常務
    전무이사 상무이사""",
    "director": "总监 總監 総監 董事 取締役 社外取締役 ディレクター 이사",
    "head": "部长 部長 本部長 事業部長 室長 负责人 負責人 본부장 부장",
    "manager": "经理 經理 课长 課長 科長 主管 マネージャー マネジャー 과장 팀장",
    "founder": "创始人 創始人 创办人 創辦人 創業者 創設者 창업자 설립자",
    "cofounder": "联合创始人 聯合創始人 联合创办人 聯合創辦人 共同創業者 共同創設者 공동창업자 공동설립자",
    "managing_partner": "管理合伙人 管理合夥人 创始合伙人",
    "assistant": "助理 特助 秘书 秘書 補佐 비서",
    "advisor": "顾问 顧問 相談役 고문",
    "attached": "社長室 会長室 办公室 辦公室 総裁室 总裁办 董事会办公室",
    "hr": "人事 人力资源 人力資源 人才 인사",
    "sales": "销售 銷售 営業 业务 業務 영업",
    "marketing": "市场 市場 营销 營銷 行销 行銷 マーケティング 마케팅",
    "finance": "财务 財務 経理 재무",
    "engineering": "技术 技術 研发 研發 開発 开发 開發 工程 기술 개발",
    "operations": "运营 運營 营运 營運 운영",
    "product": "产品 產品 プロダクト",
    "information_technology": "信息技术 資訊 信息 情報システム",
    "data": "数据 數據 データ",
    "&": "兼 兼任 暨 겸",
}
_MEANINGS = {fold(term): f" {words} " for words, terms in _TERMS.items() for term in terms.split()}
# Written straight in front of a title, also of one in Latin letters ("前CEO").
_PREFIXES = {
    "former": "前任 前 原 元 已退休 退休 离任 離任 卸任 전",
    "deputy": "副 부",
    "acting": "代理 代行 临时 臨時 暂代 暫代",
    "interim": "暫定",
}
_PREFIX_MEANINGS = {prefix: f" {word} " for word, prefixes in _PREFIXES.items() for prefix in prefixes.split()}
_FUNCTIONS = vocabulary("hr sales marketing finance engineering operations product information_technology data &")
_KNOWN = "|".join(sorted(_MEANINGS, key=len, reverse=True))
# What a prefix belongs to is a post: a presales engineer (售前工程师) is no former engineer.
_POSTS = "|".join(
    sorted((term for term, words in _MEANINGS.items() if words.strip() not in _FUNCTIONS), key=len, reverse=True)
)
_OTHER_CHIEF = r"首席(?P<chief>\w{1,8}?)[官长長]|最高(?P<highest>\w{1,12}?)責任者"
_PREFIX = "|".join(sorted(_PREFIX_MEANINGS, key=len, reverse=True))
_TERM = re.compile(
    rf"(?P<known>{_KNOWN})"
    rf"|(?P<prefix>{_PREFIX})?(?:(?P<post>{_POSTS})|{_OTHER_CHIEF}|(?P<latin>c[a-z]{{1,3}}o(?![a-z])|vp(?![a-z])))"
)
_OVER = re.compile(r"[(（\[]?\s*(?:已离职|已離職|离职|離職|已退休|退任|前任|已卸任|퇴임)\s*[)）\]]?")


def spaced(text: str) -> str:
    """``text``, which is folded, with the titles it knows as English words between blanks."""
    return _TERM.sub(_words, _OVER.sub(lambda found: found[0] if _opens(found, text) else " | former | ", text))


def _opens(found: re.Match[str], text: str) -> bool:
    """True when a word of the past stands before the title, where it is a prefix of it."""
    return not text[: found.start()].strip()


def _words(found: re.Match[str]) -> str:
    prefix = _PREFIX_MEANINGS.get(found["prefix"] or "", "")
    if known := found["known"] or found["post"]:
        return prefix + _MEANINGS[known]
    if found["latin"]:
        return f"{prefix} {found['latin']} "
    return f"{prefix} chief {found['chief'] or found['highest']} officer "
