"""How the words of job titles are spelled: abbreviations and other languages, each brought to one word.

English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian and Turkish, with the usual titles of
northern Europe and Czechia. Chinese, Japanese and Korean are in ``scripts``.
"""

from __future__ import annotations

# Word -> spellings that are replaced by it, folded; the longest are tried first.
SPELLINGS = {
    "ceo": """vorstandsvorsitzender|vorstandsvorsitzende|president directeur general|presidente directrice generale
    |consejero delegado|consejera delegada|amministratore delegato|amministratrice delegata|verkstallande direktor
    |administrerende direktor|administrerende direktør|toimitusjohtaja|prezes zarzadu|generalny direktor
    |principal executive officer|pdg|генеральный директор|гендиректор|ген директор|генеральний директор
    |главный исполнительный директор|председатель правления|prezes|bestuursvoorzitter
    |voorzitter van de raad van bestuur|voorzitter raad van bestuur|vorsitzender der geschaftsfuhrung
    |vorsitzende der geschaftsfuhrung|vorsitzender des vorstands|vorsitzende des vorstands|konzernchef|firmenchef
    |president du directoire|presidente du directoire|diretor presidente|diretora presidente|amministratore unico
    |amministratrice unica|icra kurulu baskani|generalni reditel|generalni reditelka|vd|adm direktor|adm direktør
    |adm dir|koncernchef|konsernsjef""",
    # Managing directors in law: chief executives unless a function says which part of the company they lead.
    "general_director": """geschaftsfuhrer|geschaftsfuhrerin|geschaeftsfuehrer|geschaeftsfuehrerin
    |geschaftsfuhrender direktor|directeur general|directrice generale|director general|directora general|diretor geral
    |diretora geral|diretor executivo|diretora executiva|presidente ejecutivo|direttore generale|algemeen directeur
    |gerant|gerante|director ejecutivo|directora ejecutiva|gerente general|direttrice generale|algemeen directrice
    |dyrektor generalny|dyrektor naczelny|genel mudur|daglig leder|jednatel|jednatelka""",
    "cfo": """directeur financier|directrice financiere|directeur administratif & financier|daf|director financiero
    |directora financiera|direttore finanziario|diretor financeiro|finanzvorstand|principal financial officer
    |chief financial|chief finance|финансовый директор|директор по финансам|главный финансовый директор
    |фінансовий директор|financieel directeur|financieel directrice|directrice administrative & financiere
    |direttrice finanziaria|diretora financeira|dyrektor finansowy|dyrektorka finansowa|finanzchef|finanzchefin
    |financni reditel|financni reditelka|talousjohtaja""",
    "cto": """directeur technique|directrice technique|director de tecnologia|director tecnico|direttore tecnico
    |diretor de tecnologia|chief technology|chief technical|технический директор|директор по технологиям
    |главный технический директор|технічний директор|technisch directeur|directora de tecnologia|directora tecnica
    |direttrice tecnica|diretora de tecnologia|diretor tecnico|dyrektor techniczny
    |technicky reditel|teknologiajohtaja""",
    "coo": """операционный директор|директор по операциям|операційний директор|operationeel directeur
    |direttore operativo|direttrice operativa|dyrektor operacyjny""",
    "cmo": "директор по маркетингу|маркетинговый директор|директор з маркетингу",
    "cio": """директор по информационным технологиям|директор по ит|ит директор|айти директор|dsi
    |directeur des systemes dinformation|directrice des systemes dinformation|directeur informatique
    |directrice informatique|director de sistemas|directora de sistemas""",
    "ciso": "директор по информационной безопасности",
    "cso": "директор по стратегии|директор по стратегическому развитию",
    "cdo": "директор по данным|директор по цифровой трансформации|директор по цифровым технологиям",
    "cco": "коммерческий директор|комерційний директор",
    "clo": "директор по правовым вопросам|директор по юридическим вопросам",
    "chief product officer": "директор по продукту|директор по продуктам",
    "chro": """drh|directeur des ressources humaines|directrice des ressources humaines|personalvorstand
    |директор по персоналу|директор по управлению персоналом|директор по кадрам|директор по человеческим ресурсам
    |dyrektor personalny|dyrektor ds personalnych""",
    "deputy ceo": """vvd|vice vd|заместитель генерального директора|зам генерального директора|замгендиректора
    |directeur general delegue|directrice generale deleguee|dga""",
    "acting ceo": """tf vd|tillforordnad vd|ио генерального директора|врио генерального директора
    |исполняющий обязанности генерального директора""",
    "hr": """human resources|human resource|human ressources|human capital|ressources humaines|recursos humanos
    |risorse umane|capital humano|talento humano|gestion humana|capital humain|capitale umano|gestao de pessoas
    |gestion de personas|gestion de personal
    |personalwesen|personalabteilung|rrhh|rh|персонала|персоналу|кадров|кадрам|insan kaynaklari|zasobow ludzkich
    |personeelszaken""",
    "head hr": """personalleiter|personalleiterin|personalchef|personalchefin|leiter personal|leiterin personal
    |leitung personal|hr chef|leiter hr|leiterin hr|bereichsleiter personal|bereichsleiterin personal
    |abteilungsleiter personal|abteilungsleiterin personal|hauptabteilungsleiter personal|leiter des personalwesens
    |leiterin des personalwesens|leiter der personalabteilung|leiterin der personalabteilung|head of personal
    |personaldirektion|hr sjef|personalesjef|personalesjefen""",
    "head finance & hr": """leiter finanzen & personal|leiterin finanzen & personal|leiter personal & finanzen
    |leiterin personal & finanzen""",
    "head sales": """vertriebsleiter|vertriebsleiterin|vertriebschef|vertriebschefin|verkaufsleiter|verkaufsleiterin
    |leiter verkauf|saljchef|forsaljningschef|salgschef|salgssjef""",
    "head marketing": """marketingleiter|marketingleiterin|marketingchef|marketingchefin|marknadschef|markedschef
    |markedssjef""",
    "head engineering": "entwicklungsleiter|entwicklungsleiterin|leiter entwicklung|leiterin entwicklung",
    "senior": "sr|snr|старший|kidemli|starszy",
    "junior": "jr|jnr",
    "vp": """vice president|vice presidente|vice presidenta|vicepresident|vicepresidente|vizeprasident|vizeprasidentin
    |svp|senior vice president|sr vice president|evp|executive vice president|avp|assistant vice president|rvp|gvp|vps
    |assistant vp|associate vice president|associate vp|vice presidents|snr vp|executive vp|exec vp|вице президент
    |віце президент|wiceprezes zarzadu|wiceprezes|genel mudur yardimcisi|baskan yardimcisi""",
    "director": """directors|dir|directeur|directrice|direktor|direktorin|directora|direttore|direttrice|diretor
    |diretora|assistant director|директор|dyrektor|dyrektorka|dyrektora|direktoru|reditel|reditelka|johtaja
    |директора""",
    "manager": """mgr|managers|managerin|gerente|responsable|assistant manager|менеджер|responsabile|kierownik
    |kierowniczka|muduru|mudur|projektleiter|projektleiterin|teamleiter|teamleiterin|gruppenleiter|gruppenleiterin|niederlassungsleiter
    |niederlassungsleiterin|filialleiter|filialleiterin|encargado|encargada""",
    "general_manager": "general manager|general managers|gm|assistant general manager",
    "head": """leiter|leiterin|jefe|jefa|heads|руководитель|начальник|керівник|bereichsleiter|bereichsleiterin
    |abteilungsleiter|abteilungsleiterin|hauptabteilungsleiter|hauptabteilungsleiterin|ressortleiter|ressortleiterin
    |leitung|hoofd|afdelingshoofd|chefe|vedouci""",
    "founder": """founders|grunder|grunderin|gruender|gruenderin|fondateur|fondatrice|fundador|fundadora|fondatore
    |основатель|основательница|учредитель|засновник|oprichter|oprichtster|zalozyciel|zalozycielka|kurucu|kurucusu
    |grundare|grundlaegger|zakladatel|zakladatelka|perustaja""",
    "cofounder": """co founder|co founders|cofounders|mitgrunder|mitgrunderin|mitgruender|cofondateur|cofondatrice
    |cofundador|cofundadora|co fondateur|co fundador|сооснователь|соучредитель|співзасновник|medeoprichter
    |medeoprichtster|mede oprichter|wspolzalozyciel|wspolzalozycielka|kurucu ortak|kurucu ortagi|medgrundare|medgrunder
    |medstifter|cofondatore|co fondatore|spoluzakladatel""",
    "owner": """inhaber|inhaberin|proprietor|propietario|proprietaire|co owner|coowner|owners|владелец|собственник
    |eigenaar|eigenaresse|wlasciciel|wlascicielka|gesellschafter|gesellschafterin|titolare|dueno|duena|proprietario
    |proprietaria|majitel|majitelka|agare|совладелец""",
    "not_an_owner": """product owner|process owner|service owner|account owner|application owner|system owner
    |data owner|risk owner|control owner|platform owner|solution owner|epic owner|feature owner|asset owner
    |content owner|domain owner|capability owner|backlog owner|value stream owner""",
    "chairman": """chairwoman|chairperson|chairmen|executive chairman|executive chair|chair of the board|chairholder
    |председатель совета директоров|председатель|aufsichtsratsvorsitzender|aufsichtsratsvorsitzende|voorzitter
    |voorzitter raad van commissarissen|yonetim kurulu baskani|presidente del consejo de administracion
    |presidenta del consejo de administracion|presidente del consejo|presidente do conselho de administracao
    |presidente do conselho|presidente del consiglio di amministrazione|president du conseil dadministration
    |presidente du conseil dadministration|styrelseordforande|bestyrelsesformand|styreleder""",
    "managing_director": """managing director|executive director|исполнительный директор|управляющий директор
    |dyrektor zarzadzajacy""",
    "managing_partner": "managing partner|general partner|founding partner|управляющий партнер|управляющий партнёр",
    "senior_partner": "senior partner",
    "president": "presidents|presidente|prasident|prasidentin|президент",
    "chief_of_staff": "chief of staff|chief of the staff",
    "customer_success": """customer success|client success|customer experience|customer support|customer service
    |customer care|client services""",
    "business_development": """business development|biz dev|bizdev|desarrollo de negocio|desarrollo de negocios
    |desenvolvimento de negocios|developpement commercial|rozwoju biznesu|is gelistirme|развитию бизнеса|развитию
    |bedrijfsontwikkeling|geschaftsentwicklung""",
    "corporate_development": "corporate development|corp dev",
    "business_partner": "business partner",
    "hrbp": "hr business partner|hr bp|hr partner|people business partner|people partner",
    "information_technology": "information technology|information systems|information system|ит",
    "information_security": "information security|info sec|cyber security|it security",
    "data_center": "data center|data centre|data centers|data centres|datacenter|datacentre",
    "data_protection": "data protection|data privacy",
    "product_marketing": "product marketing",
    "developer_relations": "developer relations|dev rel|developer advocate|developer advocacy|developer evangelist",
    "people_operations": "people operations|people ops|people culture|people experience",
    "talent_acquisition": """talent acquisition|talent management|talent development|talent operations|talent strategy
    |talent attraction""",
    "machine_learning": "machine learning|artificial intelligence",
    "demand_generation": "demand generation|demand gen|lead generation",
    "public_relations": "public relations|pr",
    "social_media": "social media",
    "account_executive": "account executive|account executives|key account|account manager|account management",
    "sre": "site reliability",
    "ux": "user experience",
    "bi": "business intelligence",
    "revenue operations": "revops|rev ops|revenue ops",
    "executive": "exec",
    "executives": "execs",
    "marketing": "mktg|mktng|маркетинга|маркетингу|mercadeo|mercadotecnia|marketingu|pazarlama|marknadsforing",
    "engineering": "eng|ingenierie|ingenieria|entwicklung|разработки|разработке",
    "operations": "ops|operaciones|betrieb|operations|operacoes|operazioni|operacji|operasyon|operasyonlar",
    "technology": "tech|technologies|tecnologia|technologii|teknoloji|technologie|technologia",
    "technical": "technischer|technische|technik",
    "sales": """vertrieb|ventes|ventas|vendite|vendas|verkauf|продаж|продажам|sprzedazy|sprzedaz|verkoop|satis
    |forsaljning|myynti""",
    "commercial": "comercial|commerciale|commercieel|commerciele|handlowy",
    "finance": """kaufmannischer|kaufmannische|finanzen|finanzas|finances|finanza|финансов|финансам|finansow|finans
    |mali isler|administratif & financier|financas|finanze""",
    "finance & hr": "finance & people|people & finance",
    "manager hr": "hr ansvarig|hr ansvarlig|personalansvarig|personalansvarlig",
    "development": "dev",
    "deputy": """stellvertretender|stellvertretende|stv|adjoint|adjointe|adjunto|adjunta|vice|заместитель|зам
    |plaatsvervangend|zastepca|vekili|stellv|stellvertreter|stellvertreterin|suplente""",
    "interim": "interimistisch|interino|interina|ad interim|par interim|interimaris",
    "acting": """исполняющий обязанности|временно исполняющий обязанности|врио|ио|waarnemend|kommissarisch
    |kommissarischer|kommissarische|pelniacy obowiazki|pelniaca obowiazki|en funciones|vekaleten|facente funzione""",
    "designate": """designierter|designierte|designado|designada|designato|designata|electo|electa|tilltradande|blivande
    |kunftiger|kunftige|zukunftiger|zukunftige|nominee|in waiting""",
    "designate ceo": "next ceo|future ceo|next group ceo|ceo to be",
    "designate cfo": "next cfo|future cfo|cfo to be",
    "designate chro": "next chro|future chro",
    "designate chief": "next chief|future chief",
    "designate president": "next president|future president",
    "in_residence": "in residence",
    "fractional": "part time|outsourced|virtual|contract",
    "former": """formerly|ex|past|previous|previously|retired|retd|fmr|frmr|ehemaliger|ehemalige|ehemals|ancien
    |ancienne|antiguo|antigua|antigo|onetime|one time|erstwhile|immediate past|emerita|sortant|sortante|scheidender
    |scheidende|ausscheidender|ausscheidende|saliente|uscente|cessante|avgaende|afgaende|vertrekkend|voormalig|tidligere|tidigare|byly|бывший|бывшая|экс|колишній|voormalige|oud|byla|eski|eks
    |forhenvaerende|byvaly|byvala|entinen""",
    "assistant": """asistente|assistenz|assistentin|assistente|assistante|secretary to|aide|ea|помощник|помощница
    |ассистент|секретарь|asystent|asystentka|asistani|asistan|sekretarin|secretaresse|directiesecretaresse
    |directieassistent|directieassistente|referent des|referentin des|секретаря|asistentka|vorstandsassistent
    |vorstandsassistentin""",
    "intern": """internship|praktikant|praktikantin|stagiaire|becario|becaria|werkstudent|werkstudentin|trainee
    |apprentice""",
    "of": "по|ds|do spraw",
    "c_suite": """c suite|csuite|c level|clevel|c levels|cxo|executive leadership|executive team|vorstand|vorstandin
    |vorstandsmitglied|mitglied des vorstands|mitglied der geschaftsleitung|mitglied der geschaftsfuhrung
    |membre du directoire|sprecher des vorstands|sprecherin des vorstands|sprecher der geschaftsfuhrung
    |sprecherin der geschaftsfuhrung""",
    "decision_maker": "decision maker|decision makers|decisionmaker|decisionmakers|key decision maker",
    "general_director & owner": """geschaftsfuhrender gesellschafter|geschaftsfuhrende gesellschafterin
    |gesellschafter geschaftsfuhrer""",
    "head procurement": "einkaufsleiter|einkaufsleiterin|leiter einkauf|leiterin einkauf|leitung einkauf",
    "head legal": "leiter recht|leiterin recht|leiter rechtsabteilung",
    "head it": "it leiter|it leiterin|it chef|edv leiter",
    "head finance": "finanzleiter|finanzleiterin|ekonomichef|okonomichef",
    "head production": "produktionsleiter|produktionsleiterin",
    "director sales": """vertriebsdirektor|vertriebsdirektorin|dyrektor handlowy|dyrektorka handlowa|salgsdirektor
    |myyntijohtaja|obchodni reditel|obchodni reditelka""",
    "director marketing": "marketingdirektor|marketingdirektorin|markkinointijohtaja",
    "director hr": "personaldirektor|personaldirektorin|personalni reditel|personalni reditelka",
    "deputy director": """subdirector|subdirectora|vicedirettore|vicedirettrice|vice direttore|vice direttrice
    |adjunct directeur""",
    "product manager": """chef de produit|cheffe de produit|jefe de producto|jefa de producto|produktmanager
    |produktmanagerin""",
    "project manager": "chef de projet|cheffe de projet|jefe de proyecto|jefa de proyecto|jefe de proyectos",
    "procurement": "einkauf|inkoop|achats|compras|acquisti|zakupow|satin alma|закупок|закупкам|inkop",
    "former director": "exdirector|exdirectora",
    "former president": "expresidente|expresidenta",
    "of it": "di informatica|de informatica",
    "legal": "juridique|juridico|juridica|juridische zaken|prawny|hukuk|rechtsabteilung|юридический|юридического",
    "it": "informatique|bilgi teknolojileri|informatyki|информационных технологий|sistemi informativi",
    "logistics": "logistique|logistica|logistik|logistiek|logistyki|lojistik|логистики|логистике",
    "production": "produktion|produzione|produccion|producao|produkcji|uretim|производства|производству",
    "product": "produit|producto|produto|prodotto|produktu|urun",
    "department": """dzialu|pionu|departamentu|отдела|департамента|departamento|departement|abteilung|afdeling|bolum
    |bolumu""",
    "engineer": "инженер|muhendisi|muhendis|inzynier|ingenieur|ingeniero|ingeniera|engenheiro|engenheira|ingegnere",
    "developer": """разработчик|entwickler|entwicklerin|developpeur|desarrollador|desarrolladora|desenvolvedor
    |sviluppatore|ontwikkelaar|programista""",
    "analyst": "аналитик|analista|analyste|analytiker",
}


def _words_of(keys: str) -> frozenset[str]:
    """The single words, folded, that are spellings of ``keys``; without plurals and short abbreviations."""
    return frozenset(
        word
        for key in keys.split("|")
        for spelling in SPELLINGS[key].split("|")
        if " " not in (word := spelling.strip()) and len(word) > 3 and word != f"{key}s"
    )


RANK_WORDS = _words_of(
    "ceo|general_director|cfo|cto|cio|chro|head|director|manager|founder|cofounder|owner|chairman|president|vp|c_suite"
    "|deputy director|head hr|head sales|head marketing|head engineering|head procurement|head finance|head production"
    "|director sales|director marketing|director hr|product manager"
) | {"pdg", "drh", "dsi"}
"""Words of other languages that are a post by themselves: "directeur", "Vertriebsleiterin", "prezes"."""
FUNCTION_WORDS_ABROAD = _words_of(
    "hr|sales|marketing|finance|procurement|legal|it|logistics|production|product|operations|technology|technical"
    "|commercial|department|business_development|engineering"
)
"""Words of other languages for parts of a company."""
TITLE_WORDS_ABROAD = frozenset(
    word
    for key in ("ceo", "general_director", "cfo", "cto", "coo", "cio", "chro")
    for spelling in SPELLINGS[key].split("|")
    if " " in spelling.strip()
    for word in spelling.split()
)
"""Words of titles of several words: the "Financier" of "Directeur Financier", which alone may be a name."""
