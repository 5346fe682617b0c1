"""Legal forms of companies: the words before or behind a name that say what kind of company it is, and nothing else.

On top of the terms of ``cleanco``, which knows the short ones behind a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from prospecting.parsing.name.folding import APOSTROPHES, fold, vocabulary, words

Form = tuple[str, ...]

_DROPPED_MARKS = re.compile(r"[™®©℠℗]|\((?:tm|r|c)\)", re.IGNORECASE)

# Terms of cleanco that are more often part of a name, or that tell two companies apart.
_NOT_LEGAL = vocabulary(
    """
    3at aat ad at ay ba bl bm ca cic cio coop cpt da dat ec ee ei ent ep et etat ev fa fcp fie fop gie gp gte hb hf
    ij ik iks kb kd kf koop kt kv mb nl nuf obrt od og ok pc pp private ps pse psu pt qk sd sem sep ses sf sp
    ss stg tapui tdv teo tmi ud uk unlimited ultd unltd vat xk xt xxk zat
    """
)


def _listed(text: str) -> list[str]:
    return [form.strip() for form in text.replace("\n", "|").split("|") if form.strip()]


_SHORT_BEHIND = _listed("""
    ag & co kg|coltd|gesmbh|gmbh & co|gmbh & co kgaa|gmbh & co ohg|haftungsbeschränkt|inc ltd|ltee|mbh|pvt|pty|pte
    pvt limited|pte limited|pty limited|p ltd|p limited|se|se & co kgaa|sp z oo|sp zoo|tbk|persero|ug|sa de cv
    sapi de cv|s de rl de cv|s de rl|sab de cv|sc de rl de cv|srl de cv|cv|pjsc|ojsc|cjsc|jsc|pao|as|a s|ae|ohg|kgaa
    eg|eingetragener verein|ggmbh|gug|gag|partgmbb|partg mbb|mbb|vvag|ewiv|lc|pcl|dac|wll|fze|fzco|fz llc|fze llc|qpsc
    kscp|ab publ|publ|ltd sti|as ve tic|san ve tic|sanayi ve ticaret|slu|sau|sll|slp|eireli|unipessoal|srls|scarl|scrl
    srl d|eood|ead|jdoo|zs|sp k|sp j|sp z oo sp k|spol s ro|asbl|aisbl|ivs|& cie|et cie|& cia|y cia|e cia|ООО|ОАО|ЗАО
    ПАО|АО|НАО|ОДО|ТОО|ТОВ|ТзОВ|ПрАТ|ПАТ|АТ|ЕООД|ООД|ЕАД|АД|ДОО|чао|(주)|(유)|(株)|(有)|Α.Ε.|Ε.Π.Ε.|Ι.Κ.Ε.|Ο.Ε.|ش.م.م
    ذ.م.م|ش.م.ع|م.م.ح|المحدودة|בע"מ|จำกัด|มหาชน|จำกัด มหาชน
""")

# Long forms say the same before a name and behind it.
_LONG = _listed("""
    limited liability company|limited liability corporation|limited liability partnership|limited liability co
    limited liability limited partnership|limited partnership|limited company|company limited|limited by guarantee
    limited by shares|company limited by guarantee|company limited by shares|public limited company|public limited
    public company limited|private limited company|private limited|private company limited|proprietary limited
    proprietary limited company|professional corporation|professional limited liability company|unlimited company
    professional limited liability partnership|designated activity company|community interest company
    joint stock company|public joint stock company|private joint stock company|open joint stock company
    closed joint stock company|free zone company|free zone establishment|single member private company
    aktiengesellschaft|gesellschaft mit beschränkter haftung|gesellschaft mit beschraenkter haftung|gesellschaft mbh
    gemeinnützige gmbh|kommanditgesellschaft|kommanditgesellschaft auf aktien|offene handelsgesellschaft
    unternehmergesellschaft|unternehmergesellschaft haftungsbeschränkt|eingetragene genossenschaft
    eingetragener kaufmann|gesellschaft bürgerlichen rechts|partnerschaftsgesellschaft|partnerschaftsgesellschaft mbb
    societas europaea|versicherungsverein auf gegenseitigkeit|société anonyme|société à responsabilité limitée
    société par actions simplifiée|société en nom collectif|société par actions simplifiée unipersonnelle
    société en commandite par actions|société en commandite simple|entreprise unipersonnelle à responsabilité limitée
    société privée à responsabilité limitée|société coopérative|sociedad anónima|sociedad anónima de capital variable
    sociedad limitada|sociedad limitada unipersonal|sociedad anónima unipersonal
    sociedad anónima bursátil de capital variable|sociedad de responsabilidad limitada
    sociedad de responsabilidad limitada de capital variable|sociedad por acciones|sociedad por acciones simplificada
    compañía anónima|compañía limitada|sociedade anônima|sociedade anónima|sociedade limitada|limitada
    sociedade unipessoal limitada|unipessoal limitada|società per azioni|società a responsabilità limitata
    società a responsabilità limitata semplificata|società cooperativa|società in nome collettivo
    società in accomandita semplice|società in accomandita per azioni|naamloze vennootschap|besloten vennootschap
    besloten vennootschap met beperkte aansprakelijkheid|vennootschap onder firma|commanditaire vennootschap
    aktiebolag|aktieselskab|anpartsselskab|aksjeselskap|allmennaksjeselskap|osakeyhtiö|julkinen osakeyhtiö
    kommandiittiyhtiö|handelsbolag|kommanditbolag|einkahlutafélag|hlutafélag|uždaroji akcinė bendrovė|akcinė bendrovė
    mažoji bendrija|viešoji įstaiga|sabiedrība ar ierobežotu atbildību|akciju sabiedrība|osaühing|aktsiaselts
    spółka z ograniczoną odpowiedzialnością|spółka akcyjna|prosta spółka akcyjna|spółka komandytowa|spółka jawna
    spółka z o.o.|společnost s ručením omezeným|akciová společnost|spoločnosť s ručením obmedzeným|akciová spoločnosť
    korlátolt felelősségű társaság|zártkörűen működő részvénytársaság|nyilvánosan működő részvénytársaság
    részvénytársaság|betéti társaság|družba z omejeno odgovornostjo|delniška družba|društvo s ograničenom odgovornošću
    dioničko društvo|društvo sa ograničenom odgovornošću|akcionarsko društvo|societate cu răspundere limitată
    societate pe acțiuni|societatea comercială|shoqëri aksionare|shoqëri me përgjegjësi të kufizuar|anonim şirketi
    limited şirketi|anonim şirket|limited şirket|ανώνυμη εταιρεία|ανώνυμη εταιρία|εταιρεία περιορισμένης ευθύνης
    общество с ограниченной ответственностью|акционерное общество|публичное акционерное общество
    открытое акционерное общество|закрытое акционерное общество|непубличное акционерное общество
    товарищество с ограниченной ответственностью|індивідуальний підприємець|индивидуальный предприниматель
    товариство з обмеженою відповідальністю|акціонерне товариство|приватне акціонерне товариство
    публічне акціонерне товариство|дружество с ограничена отговорност|акционерно дружество
    друштво са ограниченом одговорношћу|акционарско друштво|məhdud məsuliyyətli cəmiyyəti
    obshchestvo s ogranichennoy otvetstvennostyu|aktsionernoe obshchestvo|perseroan terbatas|sendirian berhad|berhad
    kabushiki kaisha|kabushiki gaisha|godo kaisha|yugen kaisha|jusik hoesa|chusik hoesa|jushik hoesa|youxian gongsi
    công ty|công ty tnhh|công ty trách nhiệm hữu hạn|công ty tnhh mtv|công ty tnhh một thành viên|công ty cp
    công ty trách nhiệm hữu hạn một thành viên|công ty cổ phần|tổng công ty|công ty hợp danh|cty tnhh|cty cp
    cty cổ phần|doanh nghiệp tư nhân|ctcp
""")

# Short forms that stand before a name. Left out are those by which others begin: "AB InBev", "SAS Institute",
# "AS Roma", "NV Energy", "AO World".
_SHORT_BEFORE = _listed("""
    uab|sia|pt|oy|oü|vši|všį|sarl|eurl|sasu|gmbh|llc|jsc|pjsc|ojsc|cjsc|ooo|oao|zao|tov|pte ltd|pvt ltd|sdn bhd|ООО
    ОАО|ЗАО|ПАО|АО|НАО|ОДО|ТОО|ТОВ|ТзОВ|ПрАТ|ПАТ|АТ|ИП|ФОП|ЧП|ПП|ГУП|ФГУП|ДОО|(주)|(유)|(株)|(有)|شركة|บริษัท
""")

# Chinese, Japanese, Korean and Thai forms are written without a space.
ATTACHED = tuple(
    fold(form)
    for form in _listed("""
    股份有限公司|有限责任公司|有限責任公司|责任有限公司|責任有限公司|股份公司|有限公司|株式会社|合同会社|有限会社|合名会社|合資会社|相互会社
    一般社団法人|公益社団法人|一般財団法人|公益財団法人|特定非営利活動法人|주식회사|유한회사|유한책임회사|합자회사
    บริษัท|จำกัด(มหาชน)|จำกัดมหาชน|จำกัด
    """)
)


def company_words(text: str) -> list[str]:
    """Words of a company name; letters written apart belong together (``A. B. C.`` is one word)."""
    if not text.isascii() or "(" in text:
        text = _DROPPED_MARKS.sub("", text).replace("＆", " and ")
    if not text.isascii() or "'" in text or "`" in text:
        text = APOSTROPHES.sub("", text)
    text = text.replace("&", " and ")
    joined: list[str] = []
    spelled = False
    for word in words(text):
        single = len(word) == 1 and word < "\u0530"
        if single and spelled:
            joined[-1] += word
        else:
            joined.append(word)
        spelled = single
    return joined


def form_behind(words_of_name: list[str]) -> Form | None:
    """The longest form that a name ends with, behind at least one word."""
    longest, forms = _behind().get(words_of_name[-1], _NO_FORMS)
    for length in range(min(longest, len(words_of_name) - 1), 0, -1):
        if (form := tuple(words_of_name[-length:])) in forms:
            return form
    return None


def forms_before(words_of_name: list[str]) -> Iterator[Form]:
    """The forms that a name begins with, before at least one word, longest first."""
    longest, forms = _before().get(words_of_name[0], _NO_FORMS)
    for length in range(min(longest, len(words_of_name) - 1), 0, -1):
        if (form := tuple(words_of_name[:length])) in forms:
            yield form


def all_forms() -> frozenset[Form]:
    """Every form, as the words of it."""
    return frozenset().union(*(forms for table in (_behind(), _before()) for _, forms in table.values()))


_Forms = tuple[int, frozenset[Form]]
"""Forms, and the number of words of the longest."""
_NO_FORMS: _Forms = (0, frozenset())


@lru_cache(maxsize=1)
def _behind() -> dict[str, _Forms]:
    """Forms that stand behind a name, by their last word."""
    from cleanco.clean import get_unique_terms

    terms = {tuple(company_words(term)) for term in get_unique_terms()}
    listed = {tuple(company_words(form)) for form in [*_SHORT_BEHIND, *_LONG]}
    return _by_word({form for form in terms if form and form not in {(word,) for word in _NOT_LEGAL}} | listed, -1)


@lru_cache(maxsize=1)
def _before() -> dict[str, _Forms]:
    """Forms that stand before a name, by their first word."""
    return _by_word({tuple(company_words(form)) for form in [*_SHORT_BEFORE, *_LONG]}, 0)


def _by_word(forms: Iterable[Form], position: int) -> dict[str, _Forms]:
    by_word: dict[str, list[Form]] = {}
    for form in forms:
        by_word.setdefault(form[position], []).append(form)
    return {word: (max(map(len, found)), frozenset(found)) for word, found in by_word.items()}
