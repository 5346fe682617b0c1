"""The words of sponsor pages: headings above sponsors and above others, calls to action, what a logo is called."""

from __future__ import annotations

import re

from prospecting.parsing.names import vocabulary

ABOVE_SPONSORS = re.compile(
    r"sponsor|sponzor|спонсор|patrocin|parrain|mécèn|mecen|commandit|exhibitor|aussteller|expositor|exposant"
    r"|espositor"
    r"|\bpartner(?!\s+hotels?)|partenaire|parceir|партнер|партнёр|socios?\b|samarbejdspartner|samarbeidspartner"
    r"|supporter|unterstütz|förderer|foerderer|sostenitor|colaborador|colaboran\b|apoyo|apoio|apoiador|soutien"
    r"|support(?:ed|ing)?\s+(?:by|from)|made possible|(?:thanks?|thank you|gracias|merci|danke|dank|obrigad\w+"
    r"|grazie)\b"
    r".{0,30}(?:sponsor|partner|support|patrocin|parten)|special thanks|backed by|presented by|présenté par"
    r"|präsentiert von"
    r"|mit unterstützung|with the (?:kind |generous )?support|avec le soutien|con el apoyo|com o apoio"
    r"|con il sostegno"
    r"|támogató|yhteistyökumppan|χορηγ|الراع|رعاة|スポンサー|協賛|赞助|贊助|合作伙伴|후원|스폰서|patrons?\b|benefactor|underwriter|donors?\b",
    re.IGNORECASE,
)
"""Headings above those who pay for an event, in the languages of most events."""

ABOVE_OTHERS = re.compile(
    r"\b(?:speakers?|sprecher\w*|referent\w*|ponentes?|palestrantes?|relatori|intervenants?|orateurs?|keynotes?"
    r"|(?:our |the |core )?team|organi[sz]ers?|organi[sz]ing|organi[sz]ed by|veranstalter\w*|organisateurs?"
    r"|organizador\w*|organizzator\w*|hosted by|committee|komitee|comité|comitê|jury|board|volunteers?|staff"
    r"|agenda|programme?|programm|schedule|sessions|workshops|talks|venue|location|anfahrt|lugar|lieu|hotels?"
    r"|accommodations?|travel info\w*|tickets?|register|registration|faq|questions|news|blog|latest|press releases?"
    r"|testimonials?|what (?:people|attendees|others) say|who (?:attends|should attend|comes)|attendees"
    r"|attending companies"
    r"|past attendees|attended by|companies (?:attending|that attend)|trusted by|as seen (?:in|on)|featured in"
    r"|in the press"
    r"|other events|upcoming events|more events|sister events|our events|follow us|folge uns|síguenos|suivez"
    r"|contact|kontakt"
    r"|contacto|newsletter|subscribe|impressum|imprint|legal|privacy|navigation|menu|links|resources|quick links"
    r"|related"
    r"|code of conduct|call for (?:papers|proposals|speakers)|photos|gallery|videos|jobs|job board|community rules"
    r"|about(?: us| the (?:event|conference))?|über uns|sobre|à propos|chi siamo|powered by|built with|site by"
    r"|website by"
    r"|designed by|credits|cookies?|share|teilen|attendees from)\b|\w by$",
    re.IGNORECASE,
)
"""Headings above what is no list of sponsors, unless the heading also says that it is one ("Speaker sponsors")."""

_BECOME = (
    r"\b(?:become|werde\w*|werden sie|devenez|devenir|sé\b|sea\b|conviértete|hazte|seja|torne-se|diventa\w*|word"
    r"|zostań|bliv?|staňte se|staň se|buďte|стать|станьте|tule)\b"
    r".{0,30}(?:sponsor|sponzor|спонсор|partner|партн|exhibitor|aussteller|patrocin|parceir|partenaire|parrain"
    r"|expositor|exposant)"
    r"|\b(?:joins?|joined|announces?|renews?)\b|\bas (?:an? |our |the )?(?:\w+ )?(?:sponsor|partner|exhibitor)\b"
    r"|\bsponsor ol\w*|スポンサー(?:募集|になる)|(?:成为|成為)(?:赞助|贊助)|招商"
    r"|후원 (?:신청|문의)|스폰서 (?:신청|모집)"
)
BECOME = re.compile(_BECOME, re.IGNORECASE)
"""What asks to become a sponsor, or says that somebody did, whatever tier it names: "Devenir sponsor"."""

CALL = re.compile(
    rf"{_BECOME}"
    r"|\bsponsor (?:us|this|now|the (?:event|conference))\b|\bsponsor (?:werden|inquir\w+|enquir\w+)"
    r"|sponsor(?:ing|ship)?"
    r"[\s-]+(?:prospectus|opportunit\w+|packages?|pakete?\w*|levels?|options|kit|brochure|deck|inquir\w+"
    r"|enquir\w+|benefits"
    r"|information|tiers|formular|anfrage|möglichkeiten)"
    r"|\b(?:why|how to|want to|interested in|be|request|apply to) (?:a |to )?(?:sponsor|exhibit|partner)"
    r"|sponsor(?:ing)? (?:the|our) (?:event|conference)|\bprospectus\b|\bmedia ?kit\b|your (?:logo|company|name) here"
    r"|ihr logo|tu logo|votre logo|join (?:our|these|as)|partner with us|exhibit with us|get in touch"
    r"|download|télécharge\w*|descarg\w+|herunterladen|scarica|baixar"
    r"|oportunidades de patrocinio|paquetes de patrocinio|dossier de patrocinio|(?:dossier"
    r"|offres?) de (?:sponsoring|parten)"
    r"|quier(?:o|es|e) ser|quero ser|quer ser|envie d['’]être|möchten sie"
    r"|\b(?:we|i)(?:['’]re| are| proudly)? (?:a |an |proud(?:ly)? )*(?:sponsor|partner|exhibit)"
    r"|\b(?:partner|sponsor)(?:ship)? program(?:me)?\b|\bwhat (?:our |the |past )*\w+ (?:say|said|think)\b"
    r"|\btestimonials?\b",
    re.IGNORECASE,
)
"""What asks to become a sponsor, or tells of one, in place of a list of them."""

OFFER = re.compile(
    r"\bsponsorships?\b|\b(?:packages?|pricing|prices|benefits|program(?:me)?)\b"
    r"|\b(?:leistungen|pakete|tarifs?|beneficios)\b",
    re.IGNORECASE,
)
"""What stands above lists of what sponsors get, in place of who they are."""

BENEFIT = re.compile(
    r"\b(?:logos?|booths?|tables?|tickets?|pass(?:es)?|website|newsletters?|keynotes?|talks?|sessions?|discount|margin"
    r"|access|mentions?|social media|banners?|included|up to|minutes|available|sold out|coming soon"
    r"|more to come|t\.?b\.?[acd]"
    r"|limited|unlimited|your|stand|attendees?|lead|leads|slots?|roll-?ups?|wall|speaking|recruit\w*"
    r"|eintritt\w*|karten|billets?|entradas?)\b|%|[€$£¥]|^\d[\d.,x]*\s+(?-i:[a-z])",
    re.IGNORECASE,
)
"""What sponsors get, and what stands where nobody is named yet: no name of a company that is written as text alone."""

BANNER = re.compile(r"(?:^|[\s_-])(?:cookies?|consent|gdpr|cookie\w*)(?:$|[\s_-])", re.IGNORECASE)
"""Classes and ids of banners that ask for consent."""

EARLIER = re.compile(
    r"\b(?:past|previous(?:ly)?|former(?:ly)?|prior|alumni|earlier|last year\W?s?|archive[ds]?|over the years"
    r"|through the years|vorjahr\w*|früher\w*|ehemalig\w*|bisherig\w*|vergangen\w*|letzte[nrs]? jahr\w*"
    r"|letztjährig\w*"
    r"|vorherig\w*|anterior\w*|pasad[oa]s?|passad[oa]s?|ediciones previas|précédent\w*|ancien(?:ne)?s?|passés?"
    r"|passat[oi]|precedent[ie]|vorige|eerdere|tidligere|tidigare|poprzedni\w*|minul\w+|předchozí\w*)\b|去年|往届|昨年|過去"
    r"|have (?:sponsored|supported) (?:us|in the past)|who have supported us",
    re.IGNORECASE,
)
"""What says that sponsors are those of an earlier edition."""

GENERIC_LINK = re.compile(
    r"(?:(?:visit|go to|see|view|open|check out|zur|zum|visiter|voir|visitar|ver|visita|vai al|bezoek)\s+)?"
    r"(?:(?:the|their|our|its|le|el|il|o|la|company|sponsor|official|offizielle\w*)\s+)*"
    r"(?:web ?-?sites?|web ?-?seite|homepage|home ?page|site(?: web| internet)?|sitio(?: web)?|sito(?: web)?"
    r"|página(?: web)?"
    r"|profile?|details?|page|link|booth|stand)(?:\s+(?:besuchen|ansehen|öffnen))?"
    r"|(?:learn|read|find out|show|see|view|discover|mehr|en savoir|leer|saber|ler|saiba|scopri|lees)"
    r"(?:\s+(?:more|plus|más|mais|di più|meer|all|erfahren|lesen|anzeigen|infos?|details|profile))?"
    r"|more(?: info\w*| about.*)?"
    r"|mehr (?:erfahren|lesen|infos?|informationen)|weiterlesen|weitere infos?|website|webseite|visit|besuchen"
    r"|visiter"
    r"|visitar|www|here|hier|ici|aquí|aqui|qui|›|»|→|↗|>|\+|linkedin|twitter|x|facebook|instagram|youtube|github"
    r"|mastodon"
    r"|bluesky|tiktok|xing|e-?mail|contact|logo|image|icon|careers?|jobs|we(?:'|’)re hiring|close|schließen|next"
    r"|previous"
    r"|prev|play|back|menu|share|expand|collapse|toggle|open|new window|opens in (?:a )?new (?:tab|window)",
    re.IGNORECASE,
)
"""Texts of links that say where they lead, not to whom."""

LOGO_AROUND = re.compile(
    r"^(?:(?:our|the)\s+)?(?:[\w-]+\s+)?(?:sponsor|partner)\s*:\s*"
    r"|^(?:(?:our|the)\s+)?(?:platinum|gold|silver|bronze|diamond|main|title|headline)[\s-]+sponsor\s+(?=\S)"
    r"|^(?:(?:the|das|le|el|il|o)\s+)?(?:company\s+)?(?:logo(?:type|s)?|logotipo|wordmark|image|bild|picture|foto"
    r"|banner|icon)"
    r"(?:\s+(?:of|for|from|von|der|de la|de|du|di|da|do|del|by))?\b[\s:–—-]*"
    r"|^(?:visit|go to|link to|zur (?:web|internet)?seite von|besuchen sie|visiter|visitar|website of"
    r"|sponsor(?:ed by)?:"
    r"|(?:platinum|gold|silver|bronze|diamond|title|main|partner)?\s*(?:sponsor|partner)\s*:?\s+logo\b)\s*[:–—-]?\s*"
    r"|[\s–—_|-]*\(?\b(?:logo(?:type|s)?|logotipo|logomark|wordmark|brand ?mark)\)?(?:\s+(?:image|white|black"
    r"|color|colour|dark"
    r"|light|rgb|png|svg))*\W*$"
    r"|(?:'s|’s|s')?\s*(?:company |corporate )?(?:logo|web ?site|homepage|webseite)\W*$"
    r"|\s*\((?:opens?|external|öffnet|ouvre|abre|si apre|new (?:tab|window)|link)[^()]*\)\s*$"
    r"|\s*[-–—,]\s*(?:opens? in|öffnet|(?:our |the )?(?:platinum|gold|silver|bronze|diamond|title|main|media"
    r"|community)"
    r"[\w\s-]{0,20}(?:sponsor|partner)?s?)\b[^-]*$"
    r"|\.(?:png|svg|jpe?g|webp|gif|avif)$",
    re.IGNORECASE,
)
"""What stands around a name in the alternative text of a logo."""

NO_NAME = vocabulary(
    "logo logos image images img icon icons photo picture placeholder sponsor sponsors partner partners company "
    "brand "
    "banner background hero arrow star check close menu search avatar thumbnail untitled default spacer pixel blank "
    "header footer map flag badge decoration pattern shape divider illustration screenshot qr qrcode"
)
"""Alternative texts and names of files that name nobody."""

FILE_WORDS = vocabulary(
    "logo logos logotype logotipo wordmark logomark brandmark brand mark lockup primary secondary main full final "
    "new old "
    "white black dark light color colour colored coloured mono grey gray blue red green positive negative pos neg "
    "rgb cmyk "
    "hex horizontal vertical stacked landscape square transparent background bg on for web website screen print "
    "small medium "
    "large big sm md lg xl xs 1x 2x 3x thumb thumbnail scaled resized cropped copy edited optimized min retina "
    "hires highres "
    "hd sponsor sponsors partner partners platinum gold silver bronze diamond image img pic picture file export "
    "artboard "
    "asset v1 v2 v3 en de fr es it png svg jpg jpeg webp gif avif reversed reverse inverted inverse outline tagline "
    "weiss schwarz blanc noir blanco negro"
)
"""Words in the names of logos' files that are not the company's."""

AND = {
    "de": "und", "es": "y", "fr": "et", "it": "e", "pt": "e", "nl": "en", "sv": "och", "da": "og", "nb": "og",
    "no": "og", "pl": "i", "cs": "a", "sk": "a", "ru": "и",
}  # fmt: skip
"""The word before the last of several names, by language."""

FAMILY = re.compile(
    r"(?:sons?|söhne|sohn|töchter|hijos?|fils|frères|figli|fratelli|zonen|söner|synowie|partners?|co|cie|compagnie"
    r"|associés|asociados|associati|company)\b",
    re.IGNORECASE,
)
"""What stands behind an "and" within one name: "Müller und Söhne"."""

GENERIC_LABEL = vocabulary(
    "sponsor sponsors sponsoren sponsoring patrocinador patrocinadores patrocinadoras sponsorzy sponsoři "
    "sponsorer sponsors. "
    "our the a all unsere nuestros los las nos les i nossos os gli onze de vores våre våra of und and et y e & to "
    "for us you "
    "thank thanks thankyou danke merci gracias obrigado grazie dank an allen alle todos tous tutti nuestras who "
    "made make this "
    "event events conference konferenz possible meet confirmed official current featured list overview übersicht "
    "wonderful "
    "amazing awesome generous fantastic great these are by from made possible with support supported sponsored "
    "brought a los a "
    "nos as unsern unseren der die das des edition ausgabe year year's auf is at in"
)
"""Words of headings above sponsors that tell no tier."""
