"""Places beyond the packaged tables: further spellings, the regions people write, groups of countries."""

from __future__ import annotations

from prospecting.parsing.name.folding import vocabulary

COUNTRY_ALIASES = {
    "AE": "uae|emirates",
    "BA": "bosnia",
    "BO": "bolivia",
    "BQ": "bonaire",
    "BN": "brunei",
    "CD": "dr congo|drc|congo kinshasa",
    "CG": "republic of the congo|congo brazzaville",
    "CI": "ivory coast|cote d ivoire",
    "CN": "prc|mainland china",
    "CV": "cape verde",
    "CZ": "czech republic|czechia|ceska republika",
    "DE": "deutschland|allemagne",
    "DO": "dominican republic",
    "ES": "espana",
    "FM": "micronesia",
    "GB": "uk|u k|great britain|britain|england|scotland|wales|northern ireland",
    "HK": "hong kong sar",
    "IR": "iran",
    "IT": "italia",
    "JP": "nippon|nihon",
    "KP": "north korea",
    "KR": "korea|south korea|republic of korea",
    "LA": "laos",
    "MD": "moldova",
    "MK": "macedonia|north macedonia",
    "MM": "burma",
    "MO": "macau",
    "NL": "holland|the netherlands|nederland",
    "PS": "palestine",
    "RU": "russia",
    "SE": "sverige",
    "SY": "syria",
    "SZ": "swaziland|eswatini",
    "TL": "east timor",
    "TR": "turkey|turkiye",
    "TW": "taiwan",
    "TZ": "tanzania",
    "US": "usa|u s|u s a|us of a|america|united states of america|the united states|estados unidos",
    "VA": "vatican",
    "VE": "venezuela",
    "VN": "vietnam|viet nam",
    "XK": "kosovo",
}
HOME_NATIONS = {"england": "ENG", "scotland": "SCT", "wales": "WLS", "northern ireland": "NIR"}

# (GeoNames code, name, further spellings) of the regions people write without their country.
REGIONS: dict[str, str] = {
    "US": """AL Alabama ala|AK Alaska|AZ Arizona ariz|AR Arkansas ark|CA California calif,cal|CO Colorado colo
    |CT Connecticut conn|DE Delaware del|DC District_of_Columbia d_c|FL Florida fla|GA Georgia|HI Hawaii|ID Idaho
    |IL Illinois ill|IN Indiana ind|IA Iowa|KS Kansas kan,kans|KY Kentucky|LA Louisiana|ME Maine|MD Maryland
    |MA Massachusetts mass|MI Michigan mich|MN Minnesota minn|MS Mississippi miss|MO Missouri|MT Montana mont
    |NE Nebraska neb,nebr|NV Nevada nev|NH New_Hampshire n_h|NJ New_Jersey n_j|NM New_Mexico n_m
    |NY New_York n_y,new_york_state|NC North_Carolina n_c|ND North_Dakota n_d|OH Ohio|OK Oklahoma okla|OR Oregon ore
    |PA Pennsylvania penn,penna|RI Rhode_Island r_i|SC South_Carolina s_c|SD South_Dakota s_d|TN Tennessee tenn
    |TX Texas tex|UT Utah|VT Vermont|VA Virginia|WA Washington wash,washington_state|WV West_Virginia w_va
    |WI Wisconsin wis,wisc|WY Wyoming wyo|PR Puerto_Rico""",
    "CA": """01 Alberta ab|02 British_Columbia bc|03 Manitoba mb|04 New_Brunswick nb|05 Newfoundland_and_Labrador nl
    |07 Nova_Scotia ns|08 Ontario on,ont|09 Prince_Edward_Island pe,pei|10 Quebec qc,que|11 Saskatchewan sk
    |12 Yukon yt|13 Northwest_Territories nt|14 Nunavut nu""",
    "AU": """01 Australian_Capital_Territory act|02 New_South_Wales nsw|03 Northern_Territory nt|04 Queensland qld
    |05 South_Australia sa|06 Tasmania tas|07 Victoria vic|08 Western_Australia wa""",
    "GB": "ENG England|SCT Scotland|WLS Wales cymru|NIR Northern_Ireland",
    "DE": """01 Baden-Württemberg|02 Bavaria bayern|03 Bremen|04 Hamburg|05 Hesse hessen|06 Lower_Saxony niedersachsen
    |07 North_Rhine-Westphalia nordrhein_westfalen,nrw|08 Rhineland-Palatinate rheinland_pfalz|09 Saarland
    |10 Schleswig-Holstein|11 Brandenburg|12 Mecklenburg-Vorpommern|13 Saxony sachsen|14 Saxony-Anhalt sachsen_anhalt
    |15 Thuringia thuringen|16 Berlin""",
    "BE": "BRU Brussels-Capital brussels_capital_region|VLG Flanders vlaanderen|WAL Wallonia wallonie",
    "GR": """ESYE11 Eastern_Macedonia_and_Thrace|ESYE12 Central_Macedonia|ESYE13 Western_Macedonia|ESYE14 Thessaly
    |ESYE21 Epirus|ESYE22 Ionian_Islands|ESYE23 Western_Greece|ESYE24 Central_Greece|ESYE25 Peloponnese|ESYE31 Attica
    |ESYE41 North_Aegean|ESYE42 South_Aegean|ESYE43 Crete kriti""",
}

# What regions are called in English, where the gazetteer knows their own names only.
ENGLISH_REGIONS: dict[str, str] = {
    "AT": "carinthia|lower austria|styria|tyrol|upper austria",
    "CH": "grisons|ticino|valais",
    "CZ": "bohemia|moravia|south moravia",
    "DK": "jutland|zealand|funen",
    "ES": """andalusia|aragon|balearic islands|basque country|canary islands|castile and leon|catalonia|mallorca|majorca
    |navarre|costa del sol""",
    "FI": "lapland",
    "FR": "brittany|burgundy|corsica|normandy|picardy|french riviera|cote d azur|provence|alsace|savoy",
    "GR": "peloponnese|macedonia|thrace",
    "ID": "java|central java|east java|west java|sumatra|borneo|sulawesi",
    "IE": "connacht|leinster|munster|ulster",
    "IN": "kashmir|punjab",
    "IT": "aosta valley|apulia|latium|lombardy|piedmont|sardinia|sicily|south tyrol|tuscany",
    "JP": "honshu|kyushu|shikoku|okinawa",
    "NL": "friesland|north brabant|north holland|south holland|zeeland",
    "NO": "lofoten|western norway",
    "PL": "greater poland|lesser poland|masovia|pomerania|silesia|lower silesia",
    "PT": "algarve|azores|madeira|alentejo",
    "RO": "transylvania|moldavia|wallachia",
    "RU": "siberia|tatarstan|bashkortostan",
    "SE": "scania|dalarna|lapland|smaland",
}

# GeoNames' own names where the usual English spelling differs.
USUAL_NAMES = {
    "New York City": "New York",
    "Frankfurt am Main": "Frankfurt",
    "Köln": "Cologne",
    "Zürich": "Zurich",
    "Genève": "Geneva",
    "Bengaluru": "Bangalore",
    "Québec": "Quebec City",
}
CITY_ALIASES = {
    "nyc": ("new york city", "US"),
    "new york": ("new york city", "US"),
    "manhattan": ("new york city", "US"),
    "brooklyn": ("brooklyn", "US"),
    "sf": ("san francisco", "US"),
    "la": ("los angeles", "US"),
    "dc": ("washington", "US"),
    "d c": ("washington", "US"),
    "washington dc": ("washington", "US"),
    "washington d c": ("washington", "US"),
    "vegas": ("las vegas", "US"),
    "philly": ("philadelphia", "US"),
    "newcastle": ("newcastle upon tyne", "GB"),
    "quebec city": ("quebec", "CA"),
    "frankfurt": ("frankfurt am main", "DE"),
    "freiburg": ("freiburg", "DE"),
}

AREAS = {
    "bay area": """san francisco|oakland|san jose|palo alto|mountain view|berkeley|santa clara|sunnyvale|menlo park
    |redwood city|san mateo|fremont|cupertino|hayward|burlingame|foster city|emeryville|south san francisco|milpitas
    |san carlos|campbell|los gatos|pleasanton|san ramon|walnut creek|concord|richmond|alameda|san leandro|daly city
    |san rafael|sausalito|half moon bay|los altos|saratoga|belmont|san bruno|union city|newark|livermore|dublin""",
}
AREAS["silicon valley"] = AREAS["san francisco bay area"] = AREAS["sf bay area"] = AREAS["bay area"]

# Names of both a city and its region: alone, or before a country, the city is meant.
CITY_FIRST = frozenset({"new york", "washington", "berlin", "hamburg", "bremen", "quebec"})
CITY_REGIONS = frozenset({"berlin", "hamburg", "bremen"})
CITY_STATES = frozenset({"SG", "HK", "MO", "MC"})
CONTINENTS = {
    "europe": "EU",
    "asia": "AS",
    "africa": "AF",
    "north america": "NA",
    "south america": "SA",
    "oceania": "OC",
    "antarctica": "AN",
}
MIDDLE_EAST = vocabulary("AE BH CY EG IL IQ IR JO KW LB OM PS QA SA SY TR YE")
EUROPEAN_UNION = vocabulary("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
COUNTRY_GROUPS = {
    "eu": EUROPEAN_UNION,
    "european union": EUROPEAN_UNION,
    "dach": vocabulary("DE AT CH"),
    "benelux": vocabulary("BE NL LU"),
    "nordics": vocabulary("DK FI IS NO SE"),
    "scandinavia": vocabulary("DK NO SE"),
    "baltics": vocabulary("EE LV LT"),
    "middle east": MIDDLE_EAST,
    "uk and ireland": vocabulary("GB IE"),
    "anz": vocabulary("AU NZ"),
}
# Groups made of whole continents, and of single countries besides.
CONTINENT_GROUPS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "emea": (vocabulary("EU AF"), MIDDLE_EAST),
    "apac": (vocabulary("AS OC"), frozenset()),
    "asia pacific": (vocabulary("AS OC"), frozenset()),
    "americas": (vocabulary("NA SA"), frozenset()),
    "the americas": (vocabulary("NA SA"), frozenset()),
    "latam": (vocabulary("SA"), vocabulary("MX GT HN SV NI CR PA CU DO PR BZ")),
    "latin america": (vocabulary("SA"), vocabulary("MX GT HN SV NI CR PA CU DO PR BZ")),
}
