"""The words with which answers say that nothing was found, and what they then list instead of records."""

from __future__ import annotations

import re

KINDS = (
    r"(?:sponsors?|sponsorships?|exhibitors?|partners?|partnerships?|supporters?|vendors?|compan(?:y|ies)"
    r"|organi[sz]ations?|brands?|events?|conferences?|summits?|trade ?shows?|expos?|meetups?|contacts?|people|persons?"
    r"|individuals?|executives?|officers?|leaders?|leadership|management|decision[- ]?makers?|employees|staff|speakers"
    r"|points? of contact|stakeholders?)"
)
SPONSOR_WORDS = re.compile(
    r"\b(?:sponsors?|sponsor(?:ed|ing|en)|exhibitors?|partners?|supporters?|vendors?|compan(?:y|ies)|organi[sz]ations?|brands?|patrocina\w*"
    r"|aussteller\w*|exposants?|partenaires?)\b|スポンサー|赞助",
    re.IGNORECASE,
)
PEOPLE_WORDS = re.compile(
    r"\b(?:contacts?|people|persons?|individuals?|executives?|officers?|leaders?|leadership|decision[- ]?makers?"
    r"|employees|staff|speakers?|management|c[efimo]o|chro|emails?|e-mails?)\b",
    re.IGNORECASE,
)
EVENT_WORDS = re.compile(
    r"\b(?:events?|conferences?|summits?|trade ?shows?|expos?|meetups?|editions?|veranstaltung\w*|événements?|eventos?"
    r"|eventi)\b",
    re.IGNORECASE,
)
_GENERAL = (
    rf"(?:{KINDS}|lists?|information|info|data|results?|details|matches|match|records?|editions?|ones|names|anything|any|mentions?"
    r"|evidence|announcements?|listings?|references?|entries|pages?|calendars?|hits?"
    r"|request|task|search|query|internet|answers?|question)"
)
_SEARCHED = (
    r"(?:find|found|identif\w+|locat\w+|confirm\w*|verif\w+|determin\w+|retriev\w+|access\w*|discover\w*|obtain\w*"
    r"|provid\w+|surfac\w+|detect\w*|pinpoint\w*|establish\w*|see|get|list(?:ing)?|name|naming|give|offer|return\w*"
    r"|produc\w+"
    r"|uncover\w*|extract\w*|share|tell|help|assist|yield\w*|turn(?:ed)? up|recall|look(?: (?:up|for))?|gather|compile"
    r"|complet\w+|process|fulfil\w*|perform|browse|search|open|load|reach|fetch\w*|visit|read|view|know|speak|answer"
    r"|guess|speculat\w*|fabricate|invent|got|dig up|reveal\w*|research\w*|finish\w*|generate|scrape|crawl|connect"
    r"|come (?:up with|across)|point to|do that|do this)"
)
SAYS_SEARCHED = re.compile(rf"\b{_SEARCHED}\b", re.IGNORECASE)
LEADING_VERB = re.compile(rf"(?:(?:\w+ly|yet|also|even|still|been|be|able to) ){{0,3}}{_SEARCHED}\b", re.IGNORECASE)
PUBLISHED = (
    r"(?:found|available|identified|listed|confirmed|announced|located|published|disclosed|verified|named|known|public"
    r"|publicly|released|returned|retrieved|determined|discovered|provided|mentioned|posted|revealed|accessible"
    r"|scheduled|planned|exist\w*|surfaced|detected|matched|match|appear\w*|documented|there|shared|finali[sz]ed"
    r"|online|out)"
)
HAS_NOT = re.compile(r"\s*(?:currently |yet |really )?have\b|\s*(?:any|enough|access)\b", re.IGNORECASE)
SAYS_KIND = re.compile(rf"\b{_GENERAL}\b", re.IGNORECASE)
SAYS_PUBLISHED = re.compile(
    rf"\b{PUBLISHED}\b|^\s*(?:yet|so far|at this time|currently|for\b|in\b|of\b|$)", re.IGNORECASE
)
_GAP = r"[^.!?:\n]"

NEGATED_VERB = re.compile(
    r"\b(?:couldn't|could not|can't|cannot|can not|didn't|did not|don't|do not|haven't|have not|wasn't able to"
    r"|was not able to|weren't able to|am not able to|not able to|unable to|failed to|isn't possible to"
    r"|not possible to|(?<!not )impossible to|don't have|do not have|wasn't|weren't|was not|were not|isn't|aren't"
    r"|is not|are not|hasn't|has not|doesn't|does not|couldn't be|no luck|won't|will not|would not|rather not"
    r"|prefer not to|am not|i'm not|we're not|declin\w+ to|no way to|struggled to|not in a position to"
    r"|lack the ability to"
    rf"|without being able to)\b(?P<what>{_GAP}{{0,160}})",
    re.IGNORECASE,
)
NEGATED_NOUN = re.compile(
    r"\b(?:no|zero|without|neither|free of|lack of|lacks|0|insufficient|not enough|too little|absence of|nor)\b"
    rf" (?P<what>{_GAP}{{0,160}})",
    re.IGNORECASE,
)
GONE = re.compile(r"\b(?:no longer|not (?:\w+ ){1,4}any ?more|n't (?:\w+ ){1,4}any ?more)\b", re.IGNORECASE)
"""What was true once."""
NEGATION = re.compile(
    r"\b(?:no|not|none|nothing|nobody|never|without|cannot|\w+n't|unable|un(?:available|known|clear)|fail\w*|errors?"
    r"|erreur|fehler|40[34]|kein\w*|nichts?|niemand|aucun\w*|pas|rien|ningún|ninguna?|nada|nadie|não|nenhum\w*|non"
    r"|nessun\w*|niente|nulla|geen|niets?|inte|inga|ikke|ingen|nie|brak|не|нет)\b|[没未无無]|ません|없",
    re.IGNORECASE,
)
"""A negation of anything, in many languages."""
NOTHING = re.compile(
    rf"\b(?:none|nothing|nobody|no one|not one|not a single(?: one)?)\b(?P<what>{_GAP}{{0,100}})", re.IGNORECASE
)
NOT_PUBLISHED = re.compile(
    r"\b(?:not|never|yet to be|still to be|to be)\b(?: yet| been| be| publicly| currently| officially| independently"
    rf"| readily| any){{0,4}} (?P<what>{PUBLISHED}\b{_GAP}{{0,100}})",
    re.IGNORECASE,
)
# Nothing is said about a kind: the whole sentence says that there is nothing.
ONLY_NOTHING = re.compile(
    r"\W*(?:(?:currently|unfortunately|sorry|presently|still|result|status|answer)\W{1,2})?"
    r"(?:(?:not|un)[ -]?(?:found|available|applicable|known|announced|listed|disclosed|provided|published|confirmed)"
    r"|none"
    r"(?: found| available)?|nothing(?: found| available)?|n/?a|n\.a\.|empty|null|tb[acd]|(?:to be"
    r"|not yet) (?:announced"
    r"|determined|confirmed|published|available)|\[\s?\])"
    r"(?: (?:yet|at this time|at present|at the moment|currently|so far|here|online|to me|right now|publicly))*\W*",
    re.IGNORECASE,
)
NOT_THESE = re.compile(
    r"(?:,|\b(?:are|were|but)|'re) not (?:the |its |any )?(?:(?!all|every|only|just)\w+ )?"
    rf"{KINDS}(?: themselves)?:$",
    re.IGNORECASE,
)
"""Behind what the list is of."""
NONE_OF_THEM = r"(?:none|neither) of (?:them|these|those|which)\b"
CLOSED = re.compile(
    rf"\bbut not (?:the |its |any )?(?:\w+ )?{KINDS}$"
    rf"|\b(?:{NONE_OF_THEM}|(?:they|these|those)(?:'re| are| were) not (?:\w+ )?{KINDS}"
    rf"|{KINDS} (?:\w+ )?(?:is|are) (?:currently )?unavailable"
    r"|(?:remains?|is|are) (?:pending|undisclosed|unknown|withheld|redacted|unannounced|private|confidential|unclear"
    r"|unpublished)|undisclosed"
    r"|(?:hidden|sits?|is|are|located) behind (?:an? |the )?(?:\w+ )?(?:log-?in|paywall|registration|member\w*"
    r"|sign-?in)"
    r"|c(?:a|o)me up (?:empty|blank|short|dry)|came back (?:empty|blank)|returned (?:empty|blank)|empty[- ]handed"
    r"|dr[ae]w a blank|too early|inconclusive|turned up (?:empty|nothing)|unknown to me|beyond my (?:knowledge|reach)"
    r"|tb[acd]|(?:was|were|been) cancell?ed|dead ends?|no luck|outside (?:of )?(?:the scope|what|my)"
    r"|beyond (?:the scope|what"
    r"|my)"
    r"|(?:results?|lists?|response|page|section|answer) (?:is|are|was|were) (?:empty|blank)"
    r"|(?:still|currently) (?:being )?(?:finali[sz]|determin|negotiat|plann|confirm)\w+"
    r"|only (?:available|visible|accessible|shown|open) (?:to|for|after|upon|on)"
    r"|keeps? (?:its|their|this|the|these) [^.!?:\n]{0,30}(?:private|secret|confidential)"
    r"|unclear (?:who|which|what|whether|if)|(?:unsure|uncertain|not sure|not certain|not aware) (?:of|about|who"
    r"|which|what"
    r"|whether|if)|lack(?:s|ing)? (?:the |any |sufficient |enough |reliable )?(?:information|data|access|details"
    r"|context))\b",
    re.IGNORECASE,
)
"""What cannot be known, said without a negation."""
TO_COME = re.compile(
    rf"\b{KINDS}\b{_GAP}{{0,60}}\b(?:will be (?:announced|listed|published|revealed|released|confirmed|shared|posted"
    rf"|available"
    r"|unveiled)|coming soon)\b",
    re.IGNORECASE,
)
FAILED = re.compile(
    r"\b(?:access|search|browsing|tools?|internet) (?:is|are|was|were) (?:currently )?(?:disabled|blocked|restricted"
    r"|off)|"
    r"\btim(?:ed|es|ing) ?out\b|\btimeout\b|\b(?:error|status|http|code)\W{0,3}[45]\d\d\b|\b[45]\d\d\b (?:\w+ )?error"
    r"|\b(?:40[0-9]|429|50[0-4])\b(?: \(?(?:forbidden|not found|unauthori[sz]ed|bad|too many|internal|service|gateway))"
    r"|\b(?:returned|encountered|hit|received|got|threw|gave) (?:an?|the|some|several) [^.!?:\n]{0,40}\berrors?\b"
    r"|\brate[- ]limit|\b(?:usage|quota|token|context|message|search) limit|\bquota\b|\blimit (?:exceeded|reached)"
    r"|\b(?:prevent|limit|hinder|restrict|block)(?:s|ed)? (?:me|us|my|our|access)|\bunavailable\b|\bwas blocked\b"
    r"|\b(?:would|could) violate\b|\bviolates?\b|\bnot (?:permitted|allowed)\b|\bagainst (?:my|our|the) (?:policy|polic"
    r"ies|guidelines)\b|\bout of (?:time|budget|tokens)\b|\bran out\b|\bgives up\b|\bgave up\b"
    r"|\bblock(?:s|ed|ing) (?:automated|bots?|crawlers?|scrap\w+|access|my|requests?)|\bcould not be (?:rendered|loaded"
    r"|opened|reached|read|parsed)|\b(?:ran|run|running) into|\b(?:technical|network|connection) (?:problem|issue|error"
    r"|difficult)\w*|\b(?:must|have to|had to|will) decline\b|\bdeclin\w+ (?:this|the|your)\b|\bhad (?:trouble"
    r"|difficult)"
    r"|\b(?:knowledge|training)(?: data)? (?:cut-?off|ends|stops|only goes)|\baccess (?:was )?denied\b"
    r"|\b(?:search|request|lookup|call|attempt|tool|fetch)(?:es|s)? (?:has |have )?failed\b",
    re.IGNORECASE,
)
"""What kept a model from looking. Records that are records at first sight may follow all the same."""
ASKS = re.compile(
    r"\b(?:i|we)(?:'d|'ll| would| will)? (?:just )?need (?:more|additional|a (?:few|bit|little)|some|further|the|to"
    r" know|you)\b|\b(?:could|can|would) you (?:please |kindly )?(?:clarify|provide|specify|share|tell|give|confirm)\b"
    r"|\bplease (?:provide|specify|clarify|share|tell me|let me know|confirm)\b"
    r"|\bwhich (?!were|are|was|is|includes?)[^.!?:\n]{0,80}\b(?:do you|did you|are you|you) (?:mean|refer\w*|looking"
    r"|interested|want)|\bbefore i (?:can|could|start|begin|proceed|search)\b"
    r"|\b(?:i|we) (?:also |still |would )?need\b[^.!?:\n]{0,60}:$|\bwhat (?:is|are|was) [^.!?:\n]{1,80}\?$"
    r"|\b(?:information|details|context|input)"
    r" (?:is|are) (?:needed|required)\b|\bto (?:proceed|get started|help you better|assist you)\b",
    re.IGNORECASE,
)
"""Questions to who asked. They count as little as a failure."""
ABILITY = re.compile(
    r"(?:could|can|wasn't able|was not able|weren't able|am not able|not able|unable|failed|isn't possible|not possible"
    r"|impossible|struggled|without being able|no way)",
    re.IGNORECASE,
)
NO_SEARCH = re.compile(r"\s*(?:guarantee|promise|vouch|stress|overstate|recommend|thank|wait|emphasi[sz]e|rank|sort)\b")
ENTERS = re.compile(
    r"\s*(?:\w+ly )?(?:access|open|load|reach|visit|view|fetch|scrape|crawl|connect|read)\b(?!.*linkedin)", re.I
)
FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|we|we've|my|our|me)\b", re.IGNORECASE)
SOURCE = re.compile(
    r"\b(?:search(?:es)?|results?|sources?|websites?|site|pages?|context|documents?|snippets?|texts?|articles?"
    r"|materials?|press|tools?|internet|web|quer(?:y|ies)|passages?|excerpts?|content|database|knowledge)\b",
    re.IGNORECASE,
)
MENTIONS = re.compile(
    r"\s*(?:\w+ly |even |yet )?(?:publish|announce|post|identify|contain|include|mention|show|reveal|list|name"
    r"|indicate|specify|cover|give|offer|disclose"
    r"|state)(?:e?s)?\b",
    re.IGNORECASE,
)

# A part is missing, not everything: tiers, single posts, channels and attributes, further or complete ones.
PARTIAL = re.compile(
    r"\b(?:full|complete|entire|whole|comprehensive|exhaustive|detailed|all|every|each|further|additional|other|others"
    r"|more|else|beyond|besides|remaining|rest|exact|precise|specific|direct|platinum|gold|silver|bronze|diamond"
    r"|titanium|ruby|emerald|sapphire|headline|headliner|title|presenting|premier|principal|tiers?|levels?|tiering"
    r"|e-?mails?|e-?mail address(?:es)?|addresses|phones?|phone numbers?|numbers?|linkedin|profiles?|urls?|websites?"
    r"|links?|(?<!to-)dates?|locations?|venues?|attendance|attendees?|prices?|pricing|amounts?|figures?|logos?"
    r"|biograph\w+"
    r"|bios?|titles?|industry|size|c[a-z]o|chro|ciso|[es]?vps?|vice presidents?|presidents?|head of|directors? of"
    r"|managers? of|chief \w+ officer|founders?|chair\w*|duplicates?|errors?|problems?|issues?|doubt|changes?|order"
    r"|need|longer|particular order|limit\w*|conflict\w*|media|community|start-?up|dedicated|some|certain"
    r"|single (?:\w+ )?(?:list|page|source|place|document)|consolidated|central|both|fees?|tickets?|fully|completely"
    r"|entirely|incomplete|left out|omitted|excluded|skipped|virtual|online events?|in-person|hybrid|free|paid"
    r"|smaller|minor|ranked)\b",
    re.IGNORECASE,
)
GOOD_NEWS = re.compile(
    r"\b(?:no|without|not) (?:doubt|problems?|worries|duplicates|further ado|issues?|need|particular order"
    r"|specific order)\b",
    re.I,
)
OF_THESE = re.compile(
    rf"\b(?:for|(?<!any )(?<!none )(?<!all )(?<!one )(?<!either )of|at|about|on|behind) (?:(?:some|all|any|most|each"
    rf"|either|both) of )?(?:these|the following|those)"
    rf" (?:\w+ )?{KINDS}\W*$|\b(?:whether|if|when|how) (?:these|the following|those|all) [^.!?:\n]{{0,80}}:$"
    r"|\b(?:except|besides|beyond|apart from|aside from|other than)(?: for)?(?: the following| these| those| this)?"
    r"(?: \w+)?\W*$"
    r"|^\W*(?:except|besides|beyond|apart from|aside from|other than)(?: for)? (?:the following|these|those)\b.*:$"
    rf"|^\W*(?:these|the following|all) {KINDS} (?:have|has|had|lack|do)\b.*:$",
    re.IGNORECASE,
)
"""At the end of a sentence: what is missing is missing of the records that follow."""

TIER_HEADING = re.compile(
    r"\W*(?:platinum|gold|silver|bronze|diamond|titanium|ruby|emerald|sapphire|headline|title|presenting|premier"
    r"|media|community|startup)(?: (?:tier|level|sponsors?|partners?))*\W*",
    re.IGNORECASE,
)
# Records follow.
FOLLOWS = re.compile(
    rf"(?:\b(?:(?:here (?:are|is)|here's)(?! (?:how|where|why|what you))|below (?:are|is)|the following|these|those"
    rf"|(?:i|we)(?:'ve| have| did| was able to"
    rf"| were able to| could| can)*(?: only| also| still| \w+ly)* (?:find|found|identif\w+|confirm\w*|verif\w+"
    rf"|locate\w*)"
    rf"|known|confirmed|identified|verified|current|listed)\b[^.!?:\n]{{0,60}}?"
    rf"\b(?:{KINDS}|ones|names|leads|following"
    r"|(?:few|some|several|two|three|four|five|six|\d+)(?=\W*$|:|,| of (?:them|these|the)))\b"
    rf"|\bthere (?:are|were)\b[^.!?:\n]{{0,60}}?\b(?:{KINDS}|ones|names)\b"
    r"|\b(?:these|those|the following) (?:have|are|were)\b(?! (?:not|no|un)\w*\b)[^.!?:\n]{0,30}"
    r"\b(?:announced|confirmed|listed|named|identified|verified|public)\b"
    rf"|\b(?!sponsorship|partnership){KINDS}\b[^.!?:\n]{{0,50}}\b(?:include|includes|included|are|were|is|confirmed|identified|found|listed"
    rf"|matched|match|meet|met|fit|have been announced|announced (?:so far|to date))\b(?! (?:not|yet|no|un|to be"
    rf"|still|often|usually|typically"
    rf"|likely))"
    r"|\bas (?:(?:confirmed|official|gold|silver|platinum) )?(?:sponsors|partners|exhibitors|speakers)\b"
    rf"|\bsponsored by\b(?=\W*$| (?-i:[A-Z0-9]))|^\W*(?:(?:only|just|this year's|our|the|its|confirmed|current"
    rf"|known|identified|verified|official|\d{{4}}|key) ){{0,3}}"
    rf"{KINDS}(?:\W*$| (?:of|for|at|in|from)\b[^.!?\n]*:$)"
    rf"|^{TIER_HEADING.pattern}(?:$|(?<=[:–—(-])|(?<=[:–—(-] ))|\bas follows\b"
    rf"|\b(?:is|are|was|were) (?:a |the |an )?(?:confirmed|listed|named|identified)\b"
    rf"|\b(?:release|website|site|page|copy|article|report|announcement|post|organi[sz]er|brochure|programme?|agenda"
    rf"|footer|header|banner|homepage|it)"
    rf" (?:displays|carries|lists|names|mentions|shows|features|credits|confirms|identifies|gives)\b"
    rf"|\b{KINDS} (?:listed )?below\b"
    r"|\bi (?:did )?(?:compiled?|assembled?|gathered|put together)\b|\bfound(?: so far)?\s?:$"
    rf"|\b(?:two|three|four|five|six|[1-9]\d?) {KINDS}\W*$"
    r"|\bhere(?:'s| is) [^.!?:\n]{0,40}\b(?:line-?up|list|roster)\b"
    r"|^this (?:event|conference|summit|person|company|sponsor)\b[^.!?:\n]{0,60}:$"
    r"|\bthese (?:\w+ )?remain\b|\b(?:found|extracted|returned|yielded)\s?:?$"
    r"|^(?:my|the) (?:final )?answer\W*$|\bhere you (?:go|are)\b|\bfound (?:on|in|at) [^.!?:\n]{1,60}:$"
    r"|^\W*(?:the |my )?(?:final |complete |full |updated |revised |corrected )?(?:list|answer|results?)\W*$"
    r"|^(?:so far|to date|until now)\W*$|[ ,](?:however|though|nonetheless|nevertheless)\W*:$"
    r"|^(?:however, )?according to [^.!?:\n]{1,60}:$"
    r"|^in [A-Z][^.!?:\n]{0,40}:$"
    r"|^(?:after (?:that|this)|later|from then on)[^.!?:\n]{0,30}:$)",
    re.IGNORECASE,
)
WHAT_WAS_FOUND = re.compile(
    r"\bwhat (?:i|we) (?:(?:did|do|could|can|was able to|were able to|have|to) ){0,2}"
    r"(?:find|found|confirm|confirmed|verify|verified|identify|identified|see|know|locate|located)\b[^.!?\n]{0,30}:?$",
    re.IGNORECASE,
)
"""Announces whatever there is: records where only a part was missing, remarks where everything was."""
OTHER_ROLES = re.compile(
    r"\b(?:are|were|lists?|names|mentions|shows|only|its|their)\s(?:\w+ ){0,2}(?:customers?|clients?|investors?"
    r"|journalists?|reporters?|authors?|alumni|students?|advis[eo]rs?|committee|organi[sz]ers?|hosts?|venues?|moderators?"
    r"|attendees|participants|recruiters?)\b|\binstead\W*$",
    re.IGNORECASE,
)
"""Who else is named, instead of those asked for."""
ANY_COMPANIES = re.compile(
    r"(?!.*\b(?:sponsor\w*|partners?|exhibitors?|supporters?|confirmed|identified|listed|named|announced|found|verified"
    r"|mentioned|backing|logos?|following|these|those)\b).*\b(?:compan(?:y|ies)|organi[sz]ations?|brands?|firms?)\b",
    re.IGNORECASE,
)
"""Companies of which is not said that they are sponsors."""
RETRACTS = re.compile(
    r"(?:these|those|they)(?: \w+){0,2}?(?:'re| are| were|'d be| would be| come from| date from)\b[^.!?:\n]{0,60}"
    r"\b(?:outdated|out of date|no longer|last year\w*|previous|20[01]\d|illustrative|placeholders?|examples?|guesses"
    r"|speculative|fictional|hypothetical|made up|unconfirmed|not confirmed(?! by)|possible|potential|targets"
    r"|candidates|suggestions|typical|unrelated|competitors)\b(?![^.!?\n]*:$)",
    re.IGNORECASE,
)
"""Behind a list: it was none of records."""
NAMES = re.compile(
    r"\b(?:one|two|three|four|five|six|several|a few|\d{1,2}|ones|(?:the|this|my|these|following|full"
    r"|complete) (?:\w+ )?"
    r"(?:list|names)|line-?up|platinum|gold|silver|bronze|logos?|extracted"
    r"|(?:lists|names)(?=\W*$))\b",
    re.IGNORECASE,
)
"""What announces records without saying of which kind."""
BASIS = re.compile(
    r"^(?:my |the )?(?:web )?search(?:es)?(?: results?)? (?:show|list|return|reveal|confirm|indicate|found"
    r"|turned up)\w*|"
    r"\b(?:based on|according to|per|from|using|in|of) (?:the |my |our |these |an? |all )?(?:\w+ )?(?:web )?"
    r"(?:search(?:es)?(?: results?)?|results?|sources?|websites?|references?|context|resources|queries)"
    r"(?: (?:provided|available|above|given|below))?",
    re.IGNORECASE,
)
"""Where what follows was found."""
IN_SPITE = re.compile(
    r"\W*(?:but|however|that said|only|just|still|nevertheless|nonetheless|so(?! (?:könn|kann|soll|geh|finde|lässt))"
    r"|instead|yet)\b[^.!?\n]*:$",
    re.I,
)
# Something else follows: advice, sources, questions, what was true once or may be.
ELSE = re.compile(
    r"\b(?:you(?:'d|'ll)|you (?:can|could|may|might|should|would|will|want)|try|trying|tried|check|checking"
    r"|checked|consider"
    r"|recommend\w*|recommendations?|suggest\w*|suggestions?|next steps?|steps|sources?|references?|citations?|where to"
    r"|how to|in order to|to (?:find|verify|confirm|identify|get|obtain|locate|proceed|help|determine|learn)|questions?"
    r"|would you like|let me know|could you|can you|please|contact (?:the|them)|reach out|search\w*|look(?:ed|ing)?"
    r"|options?|alternatives?|alternatively|tips?|advice|ideas?|ways?|places?|approach\w*|reasons?|because|why"
    r"|possib\w+|potential\w*|likely|prospective|candidates?|typical\w*|usual\w*|often|might(?! change)|may be"
    r"|could be(?! (?:identified|found|confirmed|verified|located))|examples?"
    r"|last (?:year|edition)\w*|previous\w*|past|prior|former|formerly|earlier|historic\w*|in the past|once"
    r"|elsewhere|nearby|near|around"
    r"|20\d\d edition"
    r"|similar|similarly|related|instead|what i (?:did(?! (?:find|confirm|see))|checked|searched)|methodology"
    r"|notes?|caveats?|limitations?"
    r"|disclaimer|follow[- ]?ups?|follow up|resources?|monitor|review\w*|visit|queries|keywords|websites|missing"
    r"|required|needed|unclear|unverified|unconfirmed|not confirmed|speculat\w*|rumou?r\w*|keep an eye|mark your"
    r"|avenues?|consult|in the meantime|stay tuned|excluded|rejected|discarded|dismissed|ruled out|near misses"
    r"|closest matches|broaden|illustrat\w*"
    r"|hypothetical\w*|did you mean|strateg\w*|techniques?|methods?|pointers|guidance|channels|starting points?"
    r"|actions?|stay tuned|follow|unrelated|irrelevant|guess\w*|assumptions?|inferred|competitors?|comparable)\b",
    re.IGNORECASE,
)
# What was true once or may be true, whatever announces it.
NOT_CURRENT = re.compile(
    r"\b(?:back then|at th(?:e|at) time|(?:that|which|who|have) sponsored|sponsored (?:in|the|during)|(?:recent"
    r"|over the|earlier) years"
    r"|(?:i|we|it|this|they)(?:'d| would)|if [^.!?:\n]{1,40} were|only [^.!?:\n]{0,40}\b20\d\d|last year\w*"
    r"|last (?:edition|known|listed)"
    r"|previous\w*|past|prior"
    r"|former\w*|earlier|historic\w*"
    r"|potential\w*|likely|possib\w+|prospective|typical\w*|usual\w*|often|common|frequent|similar|similarly|related"
    r"|(?:might|may|could)(?: also| well)? (?:be(?! (?:incomplete|outdated|out of date|partial|identified|found"
    r"|confirmed|verified|located))|include|have|sponsor"
    r"|exhibit|attend|participate)|unrelated|irrelevant|unconfirmed|not confirmed|unverified|speculat\w*"
    r"|hypothetical\w*|illustrat\w*|guess\w*|assumptions?|inferred|competitors?|comparable|strateg\w*|techniques?"
    r"|methods?|actions?|channels|examples?|ways?|places?|sources?|steps|options|suggestions|questions|ideas|tips"
    r"|excluded|rejected|discarded|dismissed|ruled out|resources|recommend\w*|approach\w*|alternatives?|queries"
    r"|searches|reasons)\b",
    re.IGNORECASE,
)
OF_OTHERS = re.compile(
    r"\b(?:unrelated|irrelevant|(?:similar|same)(?:ly)?[- ]name\w*|other employers?|(?:wrong|different"
    r"|another) (?:\w+ )?"
    r"(?:company|business|employer|firm|organi[sz]ation|event|edition|city|year)"
    r"|as (?:case studies|customers|clients|examples|references|speakers|competitors))\b",
    re.IGNORECASE,
)
"""Of another company, event or year than the one asked for."""
FOUND = re.compile(
    rf"\b(?:found|extracted|returned|yielded)\s?:?$|\b(?:one|two|three|four|five|six|several"
    rf"|\d{{1,2}}) (?:\w+ ){{0,2}}?{KINDS} (?:matched|match|meet|met|fit)\b|"
    rf"\b{KINDS} (?:listed )?below\b|\b(?:found|identified|confirmed|verified|located)\b(?: that)? (?:these"
    rf"|the following|\d+|two|three|four|five"
    rf"|several|some)\b[^.!?:\n]{{0,60}}?\b(?:{KINDS}|ones)\b|\b{KINDS}\b[^.!?:\n]{{0,30}}"
    r" (?:were|was|are|have been|has been) (?:found|identified|confirmed|verified|announced|published|released)\b",
    re.IGNORECASE,
)
INSTRUCTION = re.compile(
    r"(?:\*\*)?[A-Z][a-z]+(?: (?:in|out|up|back|through|over))?(?:\*\*)?"
    r" (?:the|an?|your|their|its|any|for|on|to|at|with|into|if|whether|directly)\b (?!(?-i:[A-Z]\w+\W*$))\S"
)
"""An item of a list that tells to do something, with the verb in front."""
HEADER = re.compile(r"\b(?:name|sponsor|company|tier|title|role|position|event|date|location|person|contact)s?\b", re.I)
LABELLED = re.compile(
    r"\W{0,4}(?:name|full name|event(?: name)?|date|dates|when|location|where|venue|city|title|job title|role|position"
    r"|e-?mail|linkedin|phone|tier|level|company|sponsor(?: name)?|website|url|attendees?|industry|organi[sz]er)s?"
    r"\W{0,3}:\W{0,4}\S",
    re.IGNORECASE,
)
"""A fact about a record on a line of its own."""
_POST = (
    r"[,(|:–—-]\s?(?:c[a-z]o|chro|ciso|[es]?vp|chief|vice president|president|director|head of|founder|co-founder"
    r"|managing director|general manager|chair\w*)\b"
)
_TIER = r"[(|:–—-]\s?(?:platinum|gold|silver|bronze|diamond|titanium)\b"
_DATE = (
    r"\b\d{1,2}(?:\.|st|nd|rd|th)? (?:de |d['’])?[^\W\d_]{3,10}\.?,? (?:de )?20\d\d\b"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.? \d{1,2}\b|\b20\d\d-\d\d-\d\d\b"
    r"|\b\d{1,2}\.? (?:january|february|march|april|june|july|august|september|october|november|december)\b"
)
PERSON_LIKE = re.compile(_POST, re.IGNORECASE)
SPONSOR_LIKE = re.compile(_TIER, re.IGNORECASE)
EVENT_LIKE = re.compile(_DATE, re.IGNORECASE)
RECORD_LIKE = re.compile(f"{_POST}|{_TIER}|{_DATE}", re.IGNORECASE)
"""An item that is a record at first sight: a person with a post, a sponsor with a tier, an event with a date."""
SENTENCE_END = re.compile(
    r"(?<=[.!?;])\s+|\s*[—–]\s+(?=(?:the|here|these)\b)|(?<=[。！？；：])\s*"
    r"|(?<=:)\s+(?!not\b|none\b|un[adk]\w+\W*$|n/a\b|tb[acd]\b)|\s*[—–]\s+(?=but|however|though)"
    r"|,?\s+(?=but\b|however\b|although\b)|,\s+(?=so i\b)"
    r"|,\s+(?=(?:the following|here (?:are|is)|here's|these|those|i (?:did|have|found|was able)|we (?:did|found))\b)"
    r"|,?\s+(?=(?:aber|jedoch|allerdings|mais|toutefois|cependant|pero|sin embargo|porém|tuttavia|maar|echter)\b)",
    re.IGNORECASE,
)
