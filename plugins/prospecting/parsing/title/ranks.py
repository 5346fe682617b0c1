"""The vocabulary of job titles: levels, chief posts, business functions, trades, and what tells a post from a thing.

Words are those of ``words``; the modules that read titles take their lists from here.
"""

from __future__ import annotations

from prospecting.parsing.names import vocabulary

C_SUITE = "C-Suite"
VP = "VP"
DIRECTOR = "Director"
MANAGER = "Manager"
INDIVIDUAL = "Individual Contributor"
SENIORITIES = (C_SUITE, VP, DIRECTOR, MANAGER, INDIVIDUAL)

CHIEF_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "ceo": ("executive",),
    "cfo": ("finance",),
    "cto": ("engineering",),
    "coo": ("operations",),
    "cmo": ("marketing",),
    "cio": ("it",),
    "cro": ("sales",),
    "cso": ("strategy",),
    "cdo": ("data",),
    "chro": ("hr",),
    "ciso": ("security",),
    "clo": ("legal",),
    "cco": ("sales",),
    "cao": ("operations",),
    "cgo": ("marketing",),
    "chief product": ("product",),
    "chief people": ("hr",),
    "chief customer": ("customer success",),
}
ACRONYMS: dict[str, tuple[str, ...]] = {
    **{chief: (chief,) for chief in CHIEF_FUNCTIONS if " " not in chief},
    "cpo": ("chief product", "chief people"),
    "cpto": ("chief product", "cto"),
    "ctpo": ("cto", "chief product"),
    "cdio": ("cio", "cdo"),
    "cfoo": ("cfo", "coo"),
    "general_director": ("ceo",),
}
# "Chief <words> Officer"
CHIEF_WORDS = {
    "executive": "ceo",
    "financial": "cfo",
    "finance": "cfo",
    "technology": "cto",
    "technical": "cto",
    "operating": "coo",
    "operations": "coo",
    "marketing": "cmo",
    "brand": "cmo",
    "information": "cio",
    "information_technology": "cio",
    "it": "cio",
    "revenue": "cro",
    "sales": "cro",
    "strategy": "cso",
    "data": "cdo",
    "digital": "cdo",
    "analytics": "cdo",
    "hr": "chro",
    "people": "chief people",
    "people_operations": "chief people",
    "talent": "chief people",
    "information_security": "ciso",
    "security": "ciso",
    "legal": "clo",
    "commercial": "cco",
    "administrative": "cao",
    "growth": "cgo",
    "product": "chief product",
    "customer": "chief customer",
    "customer_success": "chief customer",
}
SPECIALITIES = vocabulary(
    "medical nursing clinical research health patient pharmacy science scientific academic student"
)
# Officers of the forces, of ships and of the law: ranks, not posts.
UNIFORMED = vocabulary(
    """petty warrant police parole probation patrol correction correctional corrections custody customs deck radio
    flight first second third field truant prison peace court engineer mate steward master bylaw bailiff"""
)

FUNCTION_WORDS: dict[str, str] = {
    word: function
    for function, listed in {
        "executive": """ceo general_director founder cofounder owner president chairman managing_director
        managing_partner senior_partner chief_of_staff""",
        "engineering": """engineering engineer engineers software developer developers development devops sre architect
        architecture technology technical technologist backend frontend programmer platform infrastructure qa cto""",
        "product": "product products not_an_owner",
        "marketing": """marketing marketer brand branding growth demand_generation communications communication content
        seo sem advertising public_relations social_media product_marketing campaigns cmo""",
        "sales": "sales revenue business_development commercial account_executive selling seller bdr sdr presales cro",
        "finance": """finance financial accounting accountant controller comptroller treasurer treasury fpa tax audit
        auditor bookkeeper cfo""",
        "hr": """hr hrbp hris chro people_operations talent_acquisition recruiting recruiter recruiters recruitment
        personnel benefits compensation payroll workforce""",
        "operations": """operations operating logistics manufacturing facilities procurement purchasing supply plant
        production coo""",
        "partnerships": "partnership partnerships alliance alliances partners channel channels ecosystem",
        "customer success": "customer_success support customers",
        "legal": "legal counsel compliance attorney lawyer paralegal privacy data_protection",
        "security": "security cybersecurity infosec information_security ciso",
        "data": "data analytics analyst machine_learning ai ml bi scientist insights",
        "it": "it information_technology helpdesk sysadmin data_center cio",
        "design": "design designer designers ux ui creative",
        "developer relations": "developer_relations devrel evangelist advocate community",
        "strategy": "strategy strategic corporate_development cso",
    }.items()
    for word in listed.split()
}

HEAD_LEVELS = {
    "vp": VP,
    "director": DIRECTOR,
    "head": DIRECTOR,
    "managing_director": DIRECTOR,
    "chief_of_staff": DIRECTOR,
    "controller": DIRECTOR,
    "comptroller": DIRECTOR,
    "treasurer": DIRECTOR,
    "manager": MANAGER,
    "general_manager": MANAGER,
    "supervisor": MANAGER,
    "superintendent": MANAGER,
    "foreman": MANAGER,
}
LEADERS = vocabulary("founder cofounder owner president chairman managing_partner senior_partner c_suite")
# Nouns for people below managers; they tell roles apart, and make a "CEO" in front of them a mere attribute.
OCCUPATIONS = vocabulary(
    """administrator advisor adviser agent analyst architect associate assistant attorney accountant clerk coach
    consultant coordinator counsel designer developer engineer evangelist generalist hrbp business_partner intern
    lawyer liaison mentor nurse programmer recruiter representative researcher scientist secretary specialist student
    supervisor teacher technician writer strategist sourcer chef not_an_owner in_residence"""
)
ATTRIBUTED = OCCUPATIONS | vocabulary(
    """advisory alumni award circle club community council forum magazine manager network office peer program
    programs relations roundtable search services staff summit support whisperer podcast succession leader"""
)
MODIFIER_RANKS = {
    "co": 2,
    "acting": 3,
    "interim": 3,
    "deputy": 4,
    "associate": 4,
    "fractional": 5,
    "designate": 5,
    "elect": 5,
    "incoming": 5,
}
PAST = vocabulary("former emeritus aspiring prospective wannabe")
# Of the past only in front of a rank: an outgoing inspector inspects what goes out.
PAST_BEFORE_A_RANK = vocabulary("late outgoing departing exiting retiring leaving prior was")
LEAVING = vocabulary(
    "outgoing departing departed exiting retiring leaving left resigned resigning quit deceased exited ousted"
)
NOW = vocabulary("now current currently present recently already since has")
STILL_SOMEBODY = vocabulary("member trustee investor partner fellow professor speaker author host board")
SUPPORT = vocabulary("assistant chief_of_staff")
PREPOSITIONS = vocabulary("of for in at the attached de des du di da do del fur")

# Trades that "head" and "chief" only rank somebody in, and things they belong to.
TRADES = vocabulary(
    """adjuster assembler attendant baker band bander barista barman bartender batcher bellhop bellman boatswain
    bookkeeper boy bucker burner butcher butler cager caretaker cashier charger charrer chef chiseler chopper
    cigar cleaner clerk club coach concierge conductor cook cooker counselor cruiser custodian cutter cylinder
    detective dispatcher diver doffer doorman drafter draftsman drier electrician embalmer esthetician filter
    fixer foreman gardener gauge gauger girl golf greenskeeper grinder groom groundskeeper grower guard guide
    helper holder host hostess housekeeper inspector irrigator jailer janitor keeper kettle kiln knitting
    lifeguard lineman liner loader lock loft machine machinist maid maker marker mason master mate mechanic
    miller mixer neck nurse observer operator packager packer painter pastry pilot pitman plumber porter pourer
    presser projectionist puller pumper reader recordist repairer resident rigger roustabout sampler saw sawyer
    scorer scullion setter sewer sheriff shipper shower silverman sommelier splitter steward stewardess still
    surgeon swamper teacher technician teller templer tender tennis tester trainer trimmer usher waiter waitress
    warden watchman welder wharf wharfinger worker yeoman"""
)
TRADES_OF_CHIEFS = TRADES - vocabulary("inspector pilot surgeon nurse") | vocabulary("crew driver party toll wire")
CHAIRED = vocabulary(
    """academic committee department dept division faculty program programme school subcommittee track session"""
)
# Words between which a chair is somebody who presides; others belong to a subject or make it a piece of furniture.
BEFORE_A_CHAIR = frozenset(MODIFIER_RANKS) | vocabulary(
    """board non executive nonexecutive vice independent group honorary lead founding founder cofounder former global
    international national regional company trust supervisory current life president ceo owner past emeritus new senior
    corporate interim the of vp foundation"""
)
AFTER_A_CHAIR = frozenset(MODIFIER_RANKS) | vocabulary(
    """of for in at the board emeritus attached professor president ceo founder cofounder owner managing_director
    managing_partner director"""
)
CASTERS = vocabulary("iron brass bell type steel bronze copper gun letter tin zinc aluminium aluminum metal")
DRIVERS = vocabulary(
    """truck trucks trucker driver drivers otr flatbed van vans truckload haul intermodal tanker class dedicated cdl
    hotshot reefer taxi cab limo local"""
)
CONTROLLERS = vocabulary(
    """controller comptroller corporate financial finance group senior global company division divisional regional
    accounting of the vp director us north america europe international plant"""
)
PEOPLE_BEFORE = vocabulary("head vp director manager chief officer lead of")
PEOPLE_AFTER = PEOPLE_BEFORE | vocabulary("analytics specialist coordinator partner recruiter sourcer leader")
# "Development" is engineering's unless it is of one of these.
NOT_ENGINEERED = vocabulary(
    """account agency area audience board brand business career category channel child childhood client collection
    commercial community content corporate cultural curriculum customer dealer donor early economic employee exhibit
    family franchise fund funds housing human job land leadership learning management manpower market marketing
    organisation organisational organization organizational partner partnership people personal personnel hr player
    professional
    program project proposal publisher estate resource sales specialty sports staff strategic student supplier supply
    chain sustainable talent territory training workforce youth"""
)


RANKS = frozenset({*HEAD_LEVELS, *LEADERS, *ACRONYMS, "chief"})
RANKED = RANKS | OCCUPATIONS
