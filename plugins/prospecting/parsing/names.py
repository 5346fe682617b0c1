"""Names of companies and people, and the folding behind their comparison, under one import."""

from prospecting.parsing.name.companies import COMPANY_KEY_RULES, clean_company_name, company_key
from prospecting.parsing.name.folding import MAX_NAME_LENGTH, fold, vocabulary, words
from prospecting.parsing.name.people import PERSON_KEY_RULES, PersonName, clean_person_name, person_key

__all__ = [
    "COMPANY_KEY_RULES",
    "MAX_NAME_LENGTH",
    "PERSON_KEY_RULES",
    "PersonName",
    "clean_company_name",
    "clean_person_name",
    "company_key",
    "fold",
    "person_key",
    "vocabulary",
    "words",
]
