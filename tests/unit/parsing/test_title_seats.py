"""Which seats titles fill, kind by kind: two seats in one, finance, who sits not yet or no more, parts of a company, HR
and its parts, ways of writing, typing errors, languages. Every line is seats with ranks, then titles."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.title import typos
from prospecting.parsing.title.areas import is_only_a_title
from prospecting.parsing.title.ranks import FUNCTION_WORDS, MODIFIER_RANKS, RANKED, TRADES
from prospecting.parsing.title.spellings import SPELLINGS
from prospecting.parsing.titles import ALSO_CEO_RANK, INDIVIDUAL, LAST_RANK, classify_title

TWO_SEATS = """
CFO 6, HR 2: VP Finance & HR|VP Finance and HR|VP of Finance/HR|VP, Human Resources & Finance|SVP Finance + HR
CFO 6, HR 2: Vice President of Finance, Human Resources and IT|VP Finance, Legal & HR
CFO 7, HR 3: Director of Finance and Human Resources|HR & Finance Director|Head of HR and Finance
CFO 7, HR 3: Finance and Human Resources Director|Head of Finance, HR & Legal|Director, Finance & People
CFO 7, HR 3: Executive Director of Finance and Human Resources|Leiter Finanzen und Personal|Hoofd Finance & HR
CFO 7, HR 3: Leiterin Personal & Finanzen|Directeur Finances et Ressources Humaines|Director de Finanzas y RRHH
CFO 7, HR 3: Direttore Finanza e Risorse Umane|Diretor de Finanças e RH|Dyrektor ds. Finansów i HR
CFO 1, HR 3: CFO & Head of People|CFO and HR Director
CFO 1, HR 2: Chief Financial Officer and VP Human Resources
CEO 1, CFO 1, HR 4: CEO/CFO/HR
CEO 1, HR 4: CEO & HR|CEO, HR
HR 3: HR & Marketing Director|Leiterin Personal & Marketing|Project Director - Digital Marketing and HR
HR 4: Marketing & HR Manager|Sales & HR Manager|HR & IT Manager
"""

FINANCE = """
CFO 6: VP Finance and Operations|VP Operations & Finance|VP of Finance and Administration|SVP Finance and Strategy
CFO 6: VP Finance & Accounting|Vice President - Finance|VP of Finance for Acme|VP, Finance & Treasurer
CFO 7: Executive Director of Finance|Executive Director, Finance|Senior Executive Director - Finance|Head of Finance
CFO 7: Head of Finance and IT|Director of Finance & Procurement|Finance & Operations Director|Group Finance Director
CFO 7: Director of Administration and Finance|Managing Director Finance|Kaufmännischer Leiter|City Finance Director
CFO 1: Directeur Administratif et Financier|Directrice Administrative et Financière|DAF
none: VP Financial Services|Vice President, Financial Services|Head of Financial Services|VP Sales, Financial Services
none: VP Structured Finance|Director of Project Finance|VP Consumer Finance|VP Trade Finance|Director of Financial Aid
none: Director, Financial Crimes|VP Financial Planning|Director of Financial Reporting|VP Marketing, Finance
none: Managing Director, Leveraged Finance|VP Finance Transformation|Director Finance Systems|Head of Finance Technology
none: Finance Business Partner|Head of Finance Business Partnering|Director of Finance Operations|Finance Manager
"""

NOT_IN_OFFICE = """
none: Outgoing CEO|Outgoing Group CEO|Outgoing Regional CEO|Outgoing Chief Executive Officer|CEO - Outgoing|CEO outgoing
none: CEO/Outgoing|CFO / departing|CEO sortant|PDG sortant|Scheidender CEO|Ausscheidender Geschäftsführer|CEO saliente
none: Avgående VD|CEO in Training|CEO-in-Training|CEO in residence|CEO-in-Residence|CFO in Residence|CEO Trainee
none: Trainee CEO|Apprentice Chief Executive Officer|Prospective CEO|Exiting CEO|CFO - exiting
none: Chief Executive Officer in Training|CEO in Training, Acme|CFO in training|Executive in Residence
HR 9: HR Manager in Training
CEO 5: Next CEO|Next Chief Executive Officer|Next Group CEO|Future CEO|CEO-to-be|CEO in waiting|CEO designate
CEO 5: CEO Designado|Designierter CEO|Tillträdande VD|Künftiger Geschäftsführer|CEO-elect|Incoming CEO
CFO 5: Next CFO|Future Chief Financial Officer
CEO 1: CEO, NEXT|CEO, Next Generation Labs
"""

PARTS = """
CEO 6: CEO, North America|CEO North America|North America CEO|CEO - EMEA|CEO (UK)|UK CEO|CEO UK & Ireland|CEO of Germany
CEO 6: CEO, UK & Ireland|CEO for Europe|CEO, Asia Pacific|CEO APAC|Regional CEO|Regional CEO, West|Divisional CEO
CEO 6: Subsidiary CEO|Business Unit CEO|BU CEO|Affiliate Chief Executive Officer|Sector CEO|Local CEO
CFO 6: Subsidiary CFO|Business Unit CFO
CEO 6: Division CEO|Market CEO|Country CEO|CEO, Retail Division|CEO of the US division|CEO of a division
CEO 6: CEO, Consumer Banking|CEO, Investment Bank|CEO of Wealth Management|CEO, International|CEO, Cloud Business Unit
CEO 6: CEO, Acme Germany|CEO Acme Deutschland|CEO of Acme Subsidiary|CEO, division of Globex|CEO, West Virginia
CEO 6: President & CEO, North America|CEO & President, Americas|Chief Executive Officer, Latin America
CEO 6: Chief Executive - Middle East & Africa|Chief Executive UK|Interim CEO, Europe|CEO, Human Resources Consulting
CEO 6: Geschäftsführer Deutschland|Geschäftsführer DACH|Geschäftsführer Österreich|Directeur Général France
CEO 6: Director General España|Amministratore Delegato Italia|VD Sverige|CEO, HR Solutions
CFO 6: CFO, EMEA|CFO North America|Regional CFO|Divisional CFO|CFO, Retail Division
CFO 7: VP Finance, EMEA
CFO 8: Finance Director, Germany|Regional Director of Finance
HR 2: CHRO, EMEA
HR 4: HR Director, EMEA|Divisional Human Resources Director
HR 5: Regional HR Manager|HR Manager UK|District Human Resources Manager
CEO 1: Group CEO|Global CEO|CEO Worldwide|CEO, Global|CEO, Group|CEO, Acme|CEO of Acme|CEO, Acme Inc.
CEO 1: CEO of Bank of America|Bank of America CEO|CEO, American Airlines|CEO, US Steel|CEO, Market Basket|CEO, Unit 4
CEO 1: CEO, Habitat for Humanity International|Group CEO & CEO, Europe|CEO / Executive Management|CEO at Acme Germany
CEO 1: Geschäftsführer Acme GmbH
HR 3: HR Director, Bank of America|Director, Human Resources Division
"""

HR = """
HR 1: Chief Human Capital Officer|Chief Human Capital & Culture Officer|Chief Human Capital and Administrative Officer
HR 2: VP Human Capital|Executive Vice President, Human Capital
HR 3: Human Capital Director|Head of Human Capital|Director of Human Capital Management|Director de Capital Humano
HR 3: Directeur du Capital Humain|Direttore Capitale Umano|Director of Talent
HR 4: Human Capital Manager|Gerente de Capital Humano|Gerente de Talento Humano|Gerente de Gestão de Pessoas
HR 4: HR & Payroll Manager|Human Resources and Benefits Manager|Payroll/HR Manager|HR Operations Manager
HR 6: Human Capital Officer|Human Resources Officer|Personnel Officer
HR 5: VP Talent Acquisition|Vice President, Compensation & Benefits|Chief Benefits Officer
HR 6: Director of Talent Acquisition|Head of Recruiting|Payroll Director|Director of Compensation
HR 7: Payroll Manager|Benefits Manager|Talent Acquisition Manager|Talent-Acquisition Manager|Recruiting Manager
HR 7: Payroll & Benefits Manager|HR Payroll Manager|Employee Benefits Manager|Payroll Supervisor|HR Administrator
HR 7: Recruiter|Executive Recruiter|Engineering Recruiter|Coordinator, Talent Acquisition|Specialist, Human Resources
HR 8: Payroll Specialist|Benefits Coordinator
none: Payroll Clerk|Payroll Examiner|Payroll Administrator|Benefits Administrator|Benefits Examiner|Personnel Clerk
none: HR Clerk|Human Resources Examiner|Unemployment Benefits Examiner|Payroll Accountant|Payroll Technician|Payroll
none: Founder, Human Resources Consulting|Owner, HR Consulting|Director, Human Resources Consulting|Owner, HR Services
none: Managing Partner, HR Advisory Services|VP HR Outsourcing|Donor Recruiter|Student Recruiter|HR Analyst
none: Sales Director Talent Management|HR Marketing Manager|PeopleSoft HR Developer
"""

LETTERS = """
CEO 1: C E O|C.E.O|C. E. O.|President & C E O|c e o
CFO 1: C F O
CFO 6: V P Finance
HR 1: C H R O
HR 2: S V P Human Resources
HR 3: H R Director
HR 4: H R Manager|H. R. Manager|H. R Manager
none: Vitamin C E Ointment Manager|A B C E O Group
"""

TYPOS = """
CEO 2: Cheif Executive Officer|Chief Exectuive Officer|Chief Executive Offcer|Cheif Executive|Geschäftsfürer
CEO 2: Geschaeftsfuhrer|Amministratore Delegatto
CEO 4: Interim Cheif Executive Officer
CEO 6: Cheif Executive Officer, North America
CFO 2: Chief Finanical Officer|Cheif Financial Officer|Chief Finacial Officer|Directeur Financeir
CFO 8: Direcotr of Finance|Finance Directro
CFO 9: Financial Contoller
HR 2: Chief Human Resouces Officer|Chief Poeple Officer
HR 3: Vice Presdient of Human Resources
HR 4: Humna Resources Director
HR 5: Human Resorces Manager|Human Resources Mananger
CEO 1: Geschäftsfürer / CEO|CEO, Financo|CEO, Binance|CEO, Humana|CEO & Cheif
HR 8: HR Manger|Human Resources Manger
none: Cheif Exectuive Officer|Chef Executive Officer|Executive Chef|Chief Executive Office|Chief Executive Officier
none: Resident Manager|Managing Directory|Directer of Housing|Fiance Director|Chiefs Executive Officer
"""

LANGUAGES = """
HR 3: Leiter Personal|Leiterin Personal|Leiter Personalwesen|Leiter Personal und Organisation|Bereichsleiter Personal
HR 3: Leiter der Personalabteilung|Personalleiter|HR-chef|Jefe de Recursos Humanos|Hoofd Personeelszaken
HR 4: Responsable RH|HR Ansvarig|Responsabile Risorse Umane|Gerente de RH|Kierownik HR|Human Ressources Manager
HR 1: DRH|Directrice des Ressources Humaines
CEO 1: VD|VD & Grundare|VD och koncernchef|Adm. direktør|Adm. dir.|Verkställande direktör
CEO 3: Tf. VD
CEO 4: Vice VD|vVD
CEO 1, HR 3: Leiter Personal, VD
"""


def cases(table: str) -> list[tuple[str, dict[str, int]]]:
    found = []
    for line in table.strip().splitlines():
        seats, _, titles = line.partition(": ")
        ranks = {} if seats == "none" else dict(part.split() for part in seats.split(", "))
        found += [(title, {seat: int(rank) for seat, rank in ranks.items()}) for title in titles.split("|")]
    return found


@pytest.mark.parametrize(
    "table", [TWO_SEATS, FINANCE, NOT_IN_OFFICE, PARTS, HR, LETTERS, TYPOS, LANGUAGES],
    ids=["two_seats", "finance", "not_in_office", "parts", "hr", "letters", "typos", "languages"],
)  # fmt: skip
def test_seats(table: str) -> None:
    expected = dict(cases(table))
    assert {title: classify_title(title).slots for title in expected} == expected


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("President", 7), ("Managing Director", 7), ("Executive Director", 7), ("Founder & President", 7), ("Owner", 8),
        ("Chairman & Managing Director", 7), ("Owner and Managing Director", 7), ("Group Managing Director", 7),
        ("President & General Manager", 7), ("Inhaber", 8), ("Owner/Operator", 8), ("Co-Owner", 8), ("总经理", 7),
        # who may not run the company, or says what part of it
        ("Founder", None), ("Co-Founder", None), ("Chairman", None), ("President & COO", None), ("Owner & CTO", None),
        ("President, North America", None), ("Regional President", None), ("President, Retail Division", None),
        ("President of Sales", None), ("Managing Director, Investment Banking", None), ("Deputy President", None),
        ("President of the Board", None), ("Non-Executive Director", None), ("Vice President", None),
        ("President-Elect", None), ("Past President", None), ("Product Owner", None), ("Student Body President", None),
        ("Assistant to the President", None), ("Owner Operator Truck Driver", None), ("General Manager", None),
        ("Presdient", None), ("Director", None),
        # who is CEO by name
        ("President & CEO", None), ("Owner, Co-CEO", None),
    ],
)  # fmt: skip
def test_who_may_be_a_ceo_by_another_name(title: str, rank: int | None) -> None:
    found = classify_title(title)
    assert found.also_ceo == rank
    assert "CEO" not in found.slots or rank is None
    assert found.slots.get("CEO", 1) < ALSO_CEO_RANK


def test_a_typing_error_makes_a_title_but_never_a_name() -> None:
    assert classify_title("Cheif Executive Officer").is_decision_maker
    assert classify_title("CEO in Training").seniority == INDIVIDUAL
    assert is_only_a_title("Chief Executive Officer")
    assert not is_only_a_title("Cheif Executive Officer")


def test_no_known_word_is_taken_for_a_typing_error() -> None:
    known = {*FUNCTION_WORDS, *RANKED, *TRADES, *MODIFIER_RANKS, "chief", "officer", "executive"}
    known |= {
        word for spellings in SPELLINGS.values() for spelling in spellings.split("|") for word in spelling.split()
    }
    for word in sorted(known):
        for words in (
            ["chief", word, "officer"],
            ["human", word, "manager"],
            ["vice", word],
            [word, "of", "hr"],
            [word],
        ):
            assert typos.corrected(words) is None, words


@given(
    st.sampled_from(["chief executive officer", "chief financial officer", "human resources manager"]),
    st.integers(0, 22),
    st.sampled_from(string.ascii_lowercase),
    st.sampled_from(["missing", "another", "more", "swapped"]),
)
def test_one_wrong_letter_makes_no_other_seat_and_no_better_one(post: str, index: int, letter: str, error: str) -> None:
    before, after = post[:index], post[index:]
    written = {
        "missing": before + after[1:],
        "another": before + letter + after[1:],
        "more": before + letter + after,
        "swapped": before + after[1::-1] + after[2:],
    }[error]
    plain, found = classify_title(post).slots, classify_title(written).slots
    assert set(found) <= set(plain)
    assert all(plain[seat] <= rank <= LAST_RANK for seat, rank in found.items())
