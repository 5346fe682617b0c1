"""Name keys are stored with the version of the rules that made them; who changes the rules must raise it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest

from prospecting.parsing.names import COMPANY_KEY_RULES, PERSON_KEY_RULES, company_key, person_key

# The lists are as fixed as the digests: add names with the next version, not in between.
COMPANIES = """
Acme|ACME|Acme, Inc.|Acme Inc|Acme Corp.|Acme Corporation|Acme LLC|Acme L.L.C.|Acme Ltd.|Acme Limited|Acme Co.
Acme Company|The Acme Company|Acme & Co.|Acme Group|Acme Holdings|Acme Group Holdings, Inc.|Acme (UK) Ltd
Acme Europe|Acme Limited Liability Company|Acme Public Limited Company|Acme Private Limited|Acme Pvt. Ltd.
Acme Pty Ltd|Acme PLC|Acme LP|Acme LLP|Acme, P.C.|Acme GmbH|Acme AG|Acme GmbH & Co. KG|Acme KGaA|Acme SE|Acme e.V.
Acme UG (haftungsbeschränkt)|Acme S.A.|Acme SAS|Acme SARL|Acme S.p.A.|Acme S.r.l.|Acme B.V.|Acme N.V.|Acme AB
Acme A/S|Acme ApS|Acme AS|Acme Oy|UAB Acme|Acme, UAB|SIA Acme|SIA "Acme"|OÜ Acme|Acme OÜ|PT Acme Tbk
PT. Acme Indonesia Tbk|Công ty Acme|Công ty TNHH Acme|Acme Sdn. Bhd.|Acme S.A. de C.V.|S.C. Acme S.R.L.|Acme d.o.o.
Acme s.r.o.|Acme Kft.|Acme Sp. z o.o.|Acme PJSC|Acme JSC|ООО Ромашка|ПАО «Газпром»|АО Тинькофф|トヨタ自動車株式会社
株式会社日立製作所|华为技术有限公司|주식회사 카카오|Ελλάκτωρ Α.Ε.|Foundation Inc, The|Foundation, The
Trade Desk (The)|The New York Times|The|Inc.|Company|Limited|& Co.|Photopea.com|Photopea|https://www.photopea.com
Booking.com|Booking|Monday.com|Bolt.new|Mist.io|Harness.io|Grey Matter|Salesforce.com, Inc.|Amazon.com
Amazon.com, Inc.|Character.AI|HoundDog.ai|X.com|Next.js|Cal.com|1Password|3M|37signals|A.B.C. Corp|ABC|A B C|AT&T
AT and T|Ernst & Young|Procter & Gamble Co.|Marks and Spencer|Johnson & Johnson|H&M|Exxon Mobil|ExxonMobil
Müller GmbH|Mueller|Société Générale|Societe Generale|Nestlé S.A.|L'Oréal|L’Oréal|O'Reilly Media|SIA Engineering
UAB Medicine|PT Cruiser|AB InBev|SAS Institute|NV Energy|AS Roma|SE Ranking|AG Insurance|Co-op|Coca-Cola|Acme™|Acme®
Acme (TM)|Acme\u200b|Ａｃｍｅ|Æther|Smith & Jones, P.C.|J.M. Smucker Company (The)|Travelers Companies (The)|Red Hat
RedHat|Red-Hat, Inc.|GitHub, Inc.|Y Combinator|Big 5|Zürich Versicherungs-Gesellschaft|Deutsche Bahn AG|...|–
Acme Gm\u2066bH|Ac\ufffdme
"""
PERSONS = """
Jane Doe|JANE DOE|jane doe|Doe, Jane|DOE, JANE|Dr. Jane Doe|Prof. Dr. Jane Doe|Ms. Jane Doe|Jane Doe, PhD
Jane Doe PhD|Jane Doe, M.Ed|David Roth, M.Ed|Jane Doe, MBA, CPA|Jane Doe MBA|Jane Doe (she/her)|Jane "JD" Doe
Jane (Janie) Doe|Jane A. Doe|Jane A Doe|Jane Ann Doe|J. Doe|J. A. Doe|Jane Doe-Smith|Jane Doe Smith|Jane O'Doe
Jane O’Doe|Jane van der Doe|Royce, Ed|Ed Royce|Royce, Edward|Smith, John Jr.|John Smith Jr.|John Smith, Jr
John Smith III|Smith, John III|CEO Jane Doe|CEO: Jane Doe|CEO, Jane Doe|Jane Doe, CEO|Jane Doe - CEO|Jane Doe · CTO
Vice President Jane Doe|President Lincoln|Chief Executive Officer Jane Doe|Head of Sales Jane Doe|VP Jane Doe
Director Jane Doe|Founder & CEO Jane Doe|Jane Doe, Berlin, Germany|Hon. Jane Doe|Hon Lee|Don Johnson|Gen Tanaka
Dr. med. Jane Doe|Dipl.-Ing. Hans Müller|Hans Mueller|José García López|Jose Garcia Lopez|Søren Kierkegaard
Łukasz Żak|Nguyễn Văn A|Li Wei|李伟|山田 太郎|김민수|Иван Петров|Иван Иванович Петров|Петров, Иван|محمد علي|Björk
Madonna|Prince Upton|Ed Sheeran|Jack Ma|Ma, Jack|Ed Baker, Ed.D|María José Carreño Quiñones|Sir Jane Doe
Sr. Juan Pérez|Juan Pérez Sr.|Mag. Eva Maier|Eva Maier, BSc|Eva Maier, CISSP|Steve St. John|Mary-Jane Watson
Mary Jane Watson|Al Ries|Bo Xi|X Æ|Dr|CEO|Jane|Doe|Jane  Doe|🚀 Jane Doe|Jane Doe ✓|N/A|-
Jo Bell she/her|Mgr. Jana Nováková|Dott.ssa Giulia Rossi|王芳女士|Prezes Jan Nowak
Ja\u2066ne Doe|Jane\ufe0f Doe|Ja\ufffdne Doe
"""
COMPANY_KEYS_BY_RULES = {3: "aa035f852bbd5129"}
PERSON_KEYS_BY_RULES = {4: "1b39727a98ceae67"}
"""Digest of the keys of all of these names, by version."""


@pytest.mark.parametrize(
    ("names", "key", "constant", "rules", "known"),
    [
        (COMPANIES, company_key, "COMPANY_KEY_RULES", COMPANY_KEY_RULES, COMPANY_KEYS_BY_RULES),
        (PERSONS, person_key, "PERSON_KEY_RULES", PERSON_KEY_RULES, PERSON_KEYS_BY_RULES),
    ],
    ids=["company", "person"],
)
def test_other_keys_mean_another_version_of_the_rules(
    names: str, key: Callable[[object], str], constant: str, rules: int, known: dict[int, str]
) -> None:
    listed = [name for line in names.strip().splitlines() for name in line.split("|")]
    keys = json.dumps({name: key(name) for name in listed}, sort_keys=True)
    digest = hashlib.sha256(keys.encode()).hexdigest()[:16]
    assert known.get(rules) == digest, (
        f"The keys of names have changed. Keys made before are stored: raise {constant}, "
        f"and note its digest {digest!r}."
    )
