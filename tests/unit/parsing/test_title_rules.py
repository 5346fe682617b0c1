"""Titles are stored with the version of the rules that classified them; who changes the rules must raise it."""

from __future__ import annotations

import hashlib
import json

from prospecting.parsing.titles import RULES, classify_title

# The list is as fixed as the digest: add titles with the next version, not in between.
TITLES = """
CEO|ceo|C.E.O.|Chief Executive Officer|Chief Exec. Officer|Chief Executive|President & CEO|President/CEO|President&CEO
CEO/Founder|CEO-Founder|Chief Executive Officer & Director|Chairman, President and Chief Executive Officer
CEO at Marketing Labs|Co-CEO|Interim CEO|CEO, Interim|CEO (Acting)|Deputy Chief Executive|Fractional CEO|CEO Designate
CFO|Chief Financial Officer|Chief Finance Officer|Vice President & CFO|Chief Financial & Operating Officer|Deputy CFO
Fractional CFO|Part-time CFO|Interim CFO|VP Finance|Vice President of Finance|Finance Director|Head of Finance
Controller|Corporate Controller|Treasurer|Chief School Business Official|Directeur financier
CHRO|Chief Human Resources Officer|Chief People Officer|Chief People & Culture Officer|Interim CHRO|VP of People
VP People|SVP, Human Resources|Vice President for Human Resources|HR Director|Director of Human Resources|Head of People
Director of Talent|Human-Resources Manager|Human Resource Manager|People Ops Manager|Personnel Manager|Sr. H.R. Manager
HRBP|HR Business Partner|HR Generalist|Human Resources Coordinator|Human Resources Specialist|Benefits Manager
Talent Acquisition Specialist|Technical Recruiter|HR|HR Intern|Talent Acquisition Intern|DRH|Personalleiterin
CEO & CFO|CFO and HR Director|CEO, CFO & Head of HR|Geschäftsführer|Geschäftsführerin|Directeur général|PDG
Director General|Amministratore Delegato|CEO & Gründer|Directeur général adjoint
Director|President|Owner|Managing Director|Executive Director|Founder|Co-Founder|Founder & President|General Manager
Principal|Founder & former CEO|Former CEO|Ex-CEO|CEO (former)|Retired CFO|Former CEO & CFO|CEO Emeritus
Former CEO, now CFO|Assistant to the CEO|Executive Assistant to the CEO|Executive Assistant, CEO|CEO Assistant
CFO Assistant|Assistant to the Chief Executive|Office of the CEO|Chief Executive Nurse|Chief of Staff to the CEO
Chief of Staff, CEO Office|CEOs Council|CEO Coach|Advisor to the CEO|CFO Advisory Services|Talent Agent
Talented Software Engineer|24-hr Support Technician|24hr Nurse|24 hr Technician|Director of HRIS|HR Software Engineer
Inventory Controller|Air Traffic Controller|Assistant Controller|Chief Product Officer|CPO|Chief Operating Officer
Vice President|Product Owner|People person|VP Sales|Nurse|Accountant|Financial Analyst
CTO (until 2021)|CEO (2015-2019)|CFO, stepping down in March|CEO since 2019|CFO (2015-present)|Outgoing CEO
Geschäftsführer Vertrieb|Technischer Geschäftsführer|Head of Talent|Talent Director|Head of Talent Acquisition
Chief Human Capital Officer|Workers Compensation Manager|Director of Player Personnel|Chief Petty Officer
генеральный директор|финансовый директор|Директор по персоналу|首席执行官|首席财务官|人事总监
代表取締役社長|最高財務責任者|Leiter Personal|Hoofd HR|Dyrektor Finansowy|Genel Müdür|Gérant|Wife of the CEO
VP Finance & HR|Director of Finance and Human Resources|VP Finance and Operations|Executive Director of Finance
Outgoing Group CEO|Next CEO|CEO in Training|CEO in residence|CEO, North America|Regional CEO|Group CEO|CEO, Acme
CEO, Retail Division|CEO, Acme Germany|CEO, Human Resources Consulting|CFO, EMEA|HR Director, EMEA|Regional HR Manager
VP Financial Services|VP Structured Finance|Payroll Clerk|Benefits Examiner|Payroll Administrator|Payroll Manager
Talent Acquisition Manager|VP Talent Acquisition|HR & Payroll Manager|Human Capital Officer|C E O|H R Manager
Cheif Executive Officer|Chief Finanical Officer|Human Resorces Manager|Chef Executive Officer|VD|Vice VD
President & COO|Group Managing Director|Owner/Operator|President of Sales|Subsidiary CEO|Trainee CEO|Prospective CEO
"""
SEATS_BY_RULES = {5: "6b2925c931d9ac18"}
"""Digest of the seats all of these titles fill, by version."""


def test_other_seats_mean_another_version_of_the_rules() -> None:
    titles = [title for line in TITLES.strip().splitlines() for title in line.split("|")]
    assert len(set(titles)) == len(titles) > 100
    seats = json.dumps(
        {title: [found.slots, found.also_ceo] for title in titles if (found := classify_title(title))}, sort_keys=True
    )
    digest = hashlib.sha256(seats.encode()).hexdigest()[:16]
    assert SEATS_BY_RULES.get(RULES) == digest, (
        "The seats that titles fill have changed. Titles read before are stored: raise RULES in titles.py, "
        f"and note its digest {digest!r} in SEATS_BY_RULES."
    )
