"""Plausible deep research, made up from the inputs in the prompt and the same for the same inputs."""

from __future__ import annotations

import json
import re
from typing import Any

_DEPARTMENTS = ("Operations", "Sales", "Finance", "Marketing", "Engineering", "Security", "Procurement", "Compliance",
                "Customer Success", "Data")  # fmt: skip
_RANKS = (("Chief {} Officer", "decision_maker"), ("Director of {}", "evaluator"), ("{} Manager", "champion"))
_BLOCK = re.compile(r"^```json\n(\{.*\})\n```$", re.MULTILINE)


def content_for(prompt: Any) -> dict[str, Any] | str:
    """What a task answers: an object for the inputs of a briefing or of job titles, a sentence for anything else."""
    try:
        inputs = json.loads(_BLOCK.findall(prompt)[-1])
    except (ValueError, IndexError, TypeError):
        return "Nothing could be found about that."
    if "person_full_name" in inputs:
        return _person(inputs)
    if "target_company_name" in inputs:
        return _company(inputs)
    return _job_titles(inputs)


def _job_titles(inputs: dict[str, Any]) -> dict[str, Any]:
    company = inputs.get("company_name")
    return {
        "companyName": company,
        "domain": inputs.get("domain"),
        "inferredProduct": f"Software that {company} sells to other companies.",
        "buyerPersonaSummary": "Leaders of the departments that use it, and who signs for them.",
        "titles": [
            {
                "title": title.format(department),
                "buyerRole": role,
                "reasoning": f"{department} works with what {company} sells.",
            }
            for title, role in _RANKS
            for department in _DEPARTMENTS
        ],
    }


def _company(inputs: dict[str, Any]) -> dict[str, Any]:
    target, client = inputs.get("target_company_name"), inputs.get("client_company_name")
    return {
        "target_business_summary": f"{target} makes and sells machines in forty countries.",
        "target_financial_highlights": {"revenue": "USD 120 million (2025)", "funding": None, "growth": "18 % in 2025"},
        "target_strategic_initiatives": [
            {
                "initiative": "A second plant",
                "description": f"{target} builds a plant in Ohio, https://news.example/plant",
                "expanded_risk_surface": "New suppliers have to be vetted.",
            }
        ],
        "target_key_customers_and_concentration_risk": [
            {
                "customer_name": "Northwind",
                "contract_details": "Framework contract until 2028",
                "concentration_risk_analysis": "About a fifth of revenue.",
            }
        ],
        "target_operational_bottlenecks": "Supplier questionnaires are answered by hand.",
        "target_relevant_posture_and_gaps": "ISO 9001; no public statement about ISO 27001.",
        "competitor_profiles": [
            {
                "competitor_name": "Contoso Machines",
                "key_differentiators": "Cheaper service contracts",
                "procurement_and_pricing_advantages": None,
                "relevant_posture": "ISO 27001 since 2023",
            }
        ],
        "client_strategic_relevance": f"With {client}, {target} can vet suppliers before the plant opens.",
    }


def _person(inputs: dict[str, Any]) -> dict[str, Any]:
    name, company = inputs.get("person_full_name"), inputs.get("person_current_company_name")
    title = inputs.get("person_current_job_title") or "Head of Operations"
    return {
        "executive_summary": f"{name} is {title} at {company}.",
        "person_full_name": name,
        "person_current_title": title,
        "person_current_company": company,
        "person_current_role_start_date": "2023-04",
        "person_linkedin_url": inputs.get("person_linkedin_url") or None,
        "person_total_experience": "About 15 years",
        "career_history": [
            {"company": company, "title": title, "start_date": "2023-04", "end_date": None, "notable_details": None},
            {
                "company": "Fabrikam",
                "title": "Plant Manager",
                "start_date": "2016",
                "end_date": "2023",
                "notable_details": "Led 200 people",
            },
        ],
        "professional_philosophy_public_statements": None,
        "professional_key_priorities": ["Reliable suppliers"],
        "professional_frameworks_and_standards": "ISO 9001",
        "advisory_and_affiliations": [],
        "current_company_domain_leadership_strategy": None,
        "current_company_certifications_and_standards": "ISO 9001",
        "current_company_relevant_infrastructure": [],
        "current_company_domain_partnerships": [{"partner_name": "Northwind", "partnership_scope": "Logistics"}],
        "current_company_operational_model": None,
        "client_outreach_relevance": f"{inputs.get('client_company_name')} spares this person a lot of paper.",
    }
