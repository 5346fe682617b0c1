"""Which names of companies mean the same one, and which do not: legal forms, articles and domains."""

from __future__ import annotations

import pytest

from prospecting.parsing.names import clean_company_name, company_key
from tests.unit.parsing.bounded import bounded


@pytest.mark.parametrize(
    "name",
    [
        # English
        "Acme Limited Liability Company", "Acme Public Limited Company", "Acme Private Limited",
        "Acme Limited Partnership",
        "Acme Professional Corporation", "Acme Proprietary Limited", "Acme Public Company Limited", "Acme p.l.c.",
        "Acme LLP", "Acme PLLC", "Acme LLLP", "Acme Pty Ltd", "Acme Pvt Ltd", "Acme (P) Ltd", "Acme Pte. Ltd.",
        "Acme DAC",
        "Acme, P.C.", "Acme FZ-LLC", "Acme W.L.L.", "Limited Liability Company Acme",
        "Public Joint Stock Company Acme",
        # before the name
        "UAB Acme", 'UAB "Acme"', "SIA Acme", "SIA „Acme“", "OÜ Acme", "Oy Acme Ab", "VšĮ Acme", "PT Acme Tbk",
        "PT. Acme",
        "PT Acme (Persero) Tbk", "Công ty Acme", "Công ty TNHH Acme", "Công ty TNHH MTV Acme", "Công ty Cổ phần Acme",
        "CÔNG TY CỔ PHẦN ACME", "S.C. Acme S.R.L.", "SARL Acme", "Kabushiki Kaisha Acme", "PJSC Acme", "JSC Acme",
        "株式会社Acme", "ООО «Acme»", "ТОВ «Acme»", "ПрАТ Acme", "АО Acme",
        "Общество с ограниченной ответственностью «Acme»",
        # behind it
        "Acme, UAB", "Acme SIA", "Acme OÜ", "Acme AS", "Acme, MB", "Acme Sp. z o.o.", "Acme S.p.A.", "Acme Sdn Bhd",
        "Acme spółka z ograniczoną odpowiedzialnością", "Acme Berhad", "Acme K.K.", "Acme有限公司", "Acme股份有限公司",
        "Acme GmbH & Co. KG", "Acme A/S", "Acme Oy", "Acme AB (publ)", "Acme AG", "Acme Aktiengesellschaft",
        "Acme B.V.",
        "Acme Gesellschaft mit beschränkter Haftung", "Acme gGmbH", "Acme e.V.", "Acme e.K.", "Acme N.V.",
        "Acme d.o.o.",
        "Acme Kft.", "Acme Zrt.", "Acme a.s.", "Acme s.r.o.", "Acme spol. s r.o.", "Acme A.Ş.", "Acme Anonim Şirketi",
        "Acme San. ve Tic. Ltd. Şti.", "Acme Société Anonyme", "Acme Société par Actions Simplifiée", "Acme & Cie SA",
        "Acme, Sociedad Anónima de Capital Variable", "Acme S. de R.L. de C.V.", "Acme S.L.U.", "Acme Ltda.",
        "Acme Unipessoal Lda", "Acme EIRELI", "Acme EOOD", "Acme ЕООД", "Acme, ООО", "Acme Α.Ε.", "Acme ehf.",
        "㈱Acme",
        "(주)Acme", 'Acme בע"מ', "شركة Acme المحدودة", "บริษัท Acme จำกัด (มหาชน)",
        # articles
        "Acme Inc, The", "The Acme Inc", "Acme Company (The)",
    ],
)  # fmt: skip
def test_a_legal_form_is_no_part_of_the_name(name: str) -> None:
    assert company_key(name) == "acme"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Foundation Inc, The", "The Foundation Inc"), ("Foundation Inc, The", "Foundation"),
        ("SIA Printful", "Printful"),
        ("Coca-Cola Company (The)", "Coca-Cola"), ("PT Telkom Indonesia (Persero) Tbk", "Telkom Indonesia"),
        ("北京字节跳动科技有限公司", "北京字节跳动科技"),
        ("บริษัท อะเมซอน จำกัด", "อะเมซอน"), ("주식회사 카카오", "카카오"),
        ("Ромашка, ООО", "ООО «Ромашка»"), ("AB Volvo (publ)", "AB Volvo"),
        ("Doss Enterprises, LC", "Doss Enterprises"),
    ],
)  # fmt: skip
def test_one_company_however_its_form_is_written(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIA Engineering Company", "Engineering"), ("UAB Medicine", "Medicine"), ("SAS Institute", "Institute"),
        ("Sia Partners", "Partners"), ("PT Solutions", "Solutions"), ("AS Roma", "Roma"), ("AB InBev", "InBev"),
        ("NV Energy", "Energy"), ("AO World", "World"), ("Too Faced", "Faced"), ("Acme UK", "Acme"),
        ("Acme EV", "Acme"),
        ("Acme Foundation", "Acme"), ("Acme Bank", "Acme"), ("SA Power Networks", "Power Networks"),
        ("Acme PC", "Acme"), ("ООО Ромашка", "Роза"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_legal_form_stays(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize(
    "name",
    [
        "Inc",
        "Limited",
        "UAB",
        "PT",
        "SIA",
        "Company Limited",
        "Limited Liability Company",
        "Công ty",
        "有限公司",
        "Inc, The",
    ],
)
def test_a_form_alone_keeps_a_key_of_its_own(name: str) -> None:
    assert company_key(name) not in ("", company_key("Acme"))
    assert clean_company_name(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Photopea.com", "Photopea"), ("photopea.com", "Photopea"), ("www.photopea.com", "Photopea"),
        ("https://www.photopea.com/", "Photopea"), ("Amazon.com, Inc.", "Amazon"), ("salesforce.com", "Salesforce"),
        ("Honeybadger.io", "Honeybadger"), ("tidewave.ai", "Tidewave"),
    ],
)  # fmt: skip
def test_a_name_that_is_a_domain_is_the_name(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Booking.com", "Booking"), ("Monday.com", "Monday"), ("Hotels.com", "Hotels"), ("Domain.com", "Domain"),
        ("Box.com", "Box"), ("Bolt.new", "Bolt"), ("Mist.io", "Mist"), ("Cal.com", "Cal"), ("Socket.io", "Socket"),
        ("WordPress.com", "WordPress"), ("Bitcoin.de", "Bitcoin"), ("Photopea.com Editor", "Photopea"),
    ],
)  # fmt: skip
def test_a_domain_made_of_a_common_word_is_another_company(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize("text", ["inc " * 250_000, "uab " * 250_000, "a." * 500_000, "(" * 1_000_000, "é" * 1_000_000])
def test_a_megabyte_is_read_at_once(text: str) -> None:
    with bounded():
        company_key(text)
        clean_company_name(text)
