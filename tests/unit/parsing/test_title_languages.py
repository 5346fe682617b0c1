"""Titles of the C-suite and its functions in other languages and scripts."""

from __future__ import annotations

import pytest

from prospecting.parsing.titles import C_SUITE, DIRECTOR, INDIVIDUAL, VP, classify_title, matches_target


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("генеральный директор", "CEO"), ("Технический директор", "CTO"), ("финансовый директор", "CFO"),
        ("Операционный директор", "COO"), ("Коммерческий директор", "Chief Commercial Officer"),
        ("Директор по маркетингу", "CMO"), ("Директор по персоналу", "CHRO"), ("ИТ-директор", "CIO"),
        ("Вице-президент по продажам", "VP Sales"), ("Президент", "President"),
        ("Генеральный директор и основатель", "Founder"),
        ("首席执行官", "CEO"), ("首席技术官", "CTO"), ("首席财务官", "CFO"), ("首席運營官", "COO"),
        ("首席財務官", "CFO"),
        ("首席執行官兼總裁", "CEO"), ("董事长", "Chairman"), ("董事長", "Chairman"), ("董事長兼執行長", "CEO"),
        ("首席信息官", "CIO"), ("首席营销官", "CMO"), ("首席人力资源官", "CHRO"),
        ("首席产品官", "Chief Product Officer"),
        ("销售副总裁", "VP Sales"), ("联合创始人", "Founder"), ("人力资源总监", "Head of HR"),
        ("技术总监", "Head of Engineering"),
        ("代表取締役社長", "CEO"), ("代表取締役社長", "President"), ("代表取締役", "CEO"), ("最高経営責任者", "CEO"),
        ("最高技術責任者", "CTO"), ("最高財務責任者", "CFO"), ("最高執行責任者", "COO"), ("最高情報責任者", "CIO"),
        ("最高マーケティング責任者", "CMO"), ("最高人事責任者", "CHRO"), ("人事総監", "Head of HR"),
        ("人事部長", "Head of HR"),
        ("取締役CTO", "CTO"), ("株式会社Acme 代表取締役CEO", "CEO"), ("共同創業者兼CTO", "CTO"), ("대표이사", "CEO"),
        ("Director Comercial", "Head of Sales"), ("Direttore Commerciale", "Head of Sales"),
        ("DSI", "CIO"), ("Directeur des systèmes d'information", "CIO"), ("Directeur juridique", "Head of Legal"),
        ("Leiterin Einkauf", "Head of Procurement"), ("Bereichsleiter Vertrieb", "Head of Sales"),
        ("Abteilungsleiter IT", "Head of IT"), ("Vorstand Vertrieb", "VP Sales"), ("Gerente General", "CEO"),
        ("Financieel Directeur", "CFO"), ("Commercieel Directeur", "Head of Sales"), ("Oprichter", "Founder"),
        ("Hoofd Marketing", "Head of Marketing"), ("Dyrektor Finansowy", "CFO"), ("Dyrektor Generalny", "CEO"),
        ("Dyrektor ds. Sprzedaży", "Head of Sales"), ("Współzałożyciel", "Founder"), ("Genel Müdür", "CEO"),
        ("Pazarlama Direktörü", "Head of Marketing"), ("Kurucu Ortak", "Founder"),
        ("Yönetim Kurulu Başkanı", "Chairman"), ("Директор по закупкам", "Head of Procurement"),
    ],
)  # fmt: skip
def test_posts(title: str, target: str) -> None:
    assert matches_target(title, target)
    assert classify_title(title).is_decision_maker


@pytest.mark.parametrize(
    ("title", "slots"),
    [
        ("генеральный директор", {"CEO": 1}), ("Заместитель генерального директора", {"CEO": 4}),
        ("и.о. генерального директора", {"CEO": 3}), ("финансовый директор", {"CFO": 1}),
        ("Директор по персоналу", {"HR": 1}), ("HR-директор", {"HR": 3}), ("首席执行官", {"CEO": 1}),
        ("首席财务官", {"CFO": 1}), ("财务总监", {"CFO": 7}), ("首席人力资源官", {"HR": 1}), ("人事总监", {"HR": 3}),
        ("人事総監", {"HR": 3}), ("代表取締役社長", {"CEO": 1}), ("最高財務責任者", {"CFO": 1}),
        ("最高人事責任者", {"HR": 1}),
        ("人事部長", {"HR": 3}), ("Geschäftsführer", {"CEO": 1}), ("Geschäftsführer Vertrieb", {}),
        ("Leiter Personal", {"HR": 3}), ("Hoofd HR", {"HR": 3}), ("İnsan Kaynakları Direktörü", {"HR": 3}),
        # nobody's seat
        ("Wife of the CEO", {}), ("Asystentka Prezesa Zarządu", {}), ("Informatica Developer", {}),
        ("Помощник генерального директора", {}), ("首席执行官助理", {}), ("CEO助理", {}), ("社長秘書", {}),
        ("董事长", {}),
        ("总经理", {}), ("会長", {}), ("Технический директор", {}), ("最高技術責任者", {}),
    ],
)  # fmt: skip
def test_seats(title: str, slots: dict[str, int]) -> None:
    assert classify_title(title).slots == slots


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("副总裁", VP), ("副社長", VP), ("总裁", C_SUITE), ("總經理", DIRECTOR), ("首席体验官", C_SUITE),
        ("前端工程师", INDIVIDUAL),
        ("售前工程师", INDIVIDUAL), ("监事", INDIVIDUAL), ("社長秘書", INDIVIDUAL), ("Директор", DIRECTOR),
        ("бухгалтер", INDIVIDUAL),
        ("Geschäftsführer Vertrieb", C_SUITE), ("Técnico Comercial", INDIVIDUAL),
    ],
)  # fmt: skip
def test_levels(title: str, seniority: str) -> None:
    assert classify_title(title).seniority == seniority
