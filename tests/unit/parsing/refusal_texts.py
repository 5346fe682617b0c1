"""Answers that name nobody and nothing; all of them made up."""

from __future__ import annotations

SUBJECTS = (
    {"P": "sponsors", "S": "sponsor", "O": "AnvilConf 2027", "L": "sponsor list", "W": "anvilconf.io"},
    {
        "P": "decision makers",
        "S": "decision maker",
        "O": "Acme Robotics",
        "L": "leadership team",
        "W": "acmerobotics.com",
    },
    {"P": "events", "S": "event", "O": "fintech in Berlin", "L": "event calendar", "W": "eventbrite.com"},
)
"""What the refusals are about: P for the records, S for one of them, O for who is asked about, L for the list of them,
W for a website."""

REFUSALS = (
    (
        "I'm sorry, but I wasn't able to find any confirmed {P} for {O}.\n\n**Suggestions:**\n- **LinkedIn**: "
        "search for {O}\n- **Official website**: {W}\n- **Press**: Business Wire"
    ),
    (
        "As of my last update in April 2024, I don't have specific information about {P} for {O}. I recommend:\n\n"
        "1. **Check the official website** – it usually has the latest\n2. **Follow on LinkedIn** – announcements "
        "are posted there\n3. **Contact the organizers** – info@{W}"
    ),
    (
        "My knowledge cutoff prevents me from knowing the {P} for {O}. To get accurate information:\n- Visit {W}\n"
        "- Search Google News"
    ),
    (
        "I don't have the ability to browse the internet in real time, so I can't look up {P} for {O}.\n\nHere's "
        "what I'd suggest:\n* Official Website\n* LinkedIn Sales Navigator\n* Crunchbase"
    ),
    (
        "Based on the search results provided, there is no information about {P} for {O}.\n\n- Result 1: Acme Labs "
        "homepage\n- Result 2: Globex press page"
    ),
    (
        "The search results do not contain any information about the {P} of {O}. The results included:\n- Acme "
        "Labs\n- Globex Corporation"
    ),
    "Based on the provided context, I cannot determine the {P} for {O}.\n- Acme Labs\n- Globex Corporation",
    "Rate limit exceeded. I could not complete the search for {P}.\n- Acme Labs\n- Globex",
    "I've hit a usage limit and was unable to finish researching {P}. Remaining steps:\n- Acme Labs\n- Globex",
    (
        "Error: the search tool returned an error (429 Too Many Requests), so no {P} were retrieved.\n- Acme Labs\n"
        "- Globex"
    ),
    (
        "The web search tool is currently unavailable, so I can't look for {P} right now. You might try:\n- Acme "
        "Directory\n- Globex Search"
    ),
    "The page at {W} returned a 404 error.\n* {W}/about - 404\n* {W}/team - 404",
    "I was unable to access {W} (Cloudflare protection).\n* Acme Labs\n* Globex",
    "I attempted to load the website but it timed out.\n- Acme Labs\n- Globex",
    (
        "After an extensive search, I could not identify verified {P} for {O}. Here is a summary of my search "
        "efforts:\n\n1. **Official website**: No data\n2. **LinkedIn**: No data\n3. **Crunchbase**: No data"
    ),
    (
        "Despite searching multiple sources, no {P} could be confirmed for {O}.\n\n**Sources searched:**\n- Acme "
        "Directory\n- Globex News"
    ),
    (
        "I want to be transparent: I have no verified information on {P} for {O}, and I don't want to fabricate "
        "names. Possible avenues:\n- Acme Directory\n- Globex News"
    ),
    (
        "To avoid providing inaccurate information, I won't list {P} for {O}. Instead, consider:\n- Acme "
        "Directory\n- Globex News"
    ),
    (
        "I need more information to find {P} for {O}. Could you please provide:\n- Full company name\n- Official "
        "Website\n- Target Region"
    ),
    "Could you clarify which {O} you mean? There are several:\n- Acme Labs\n- Globex Corporation",
    (
        "I'd be happy to help! However, I need a few more details before I can search for {P}:\n1. Which Year\n2. "
        "Which Region\n3. Which Industry"
    ),
    "Unfortunately, {O} has not yet published its {P}. Keep an eye on:\n- Acme Newsroom\n- Globex Blog",
    "It's too early: {P} for {O} are typically announced a few months ahead.\n- Acme Labs\n- Globex",
    "{P} for {O} are yet to be announced.\n- Acme Labs\n- Globex",
    "{P}: TBA\n\nSources:\n- Acme Newsroom\n- Globex Blog",
    (
        "There is currently no public record of any {S} for {O}. For reference, last year's {P} were:\n- Acme "
        "Labs\n- Globex"
    ),
    "No {P} found for {O}.\n\nNext Steps:\n1. Acme Directory\n2. Globex News",
    '**No results found.** I searched for:\n- "{O} {P}"\n- "{O} partners list"',
    "I regret to inform you that I couldn't retrieve details on {P}. Please consult:\n- Acme Newsroom\n- Globex Blog",
    "My search didn't turn up any {P} for {O}. A few ideas:\n- Acme Directory\n- Globex News",
    "My searches came up empty. You could look at:\n- Acme Directory\n- Globex News",
    "I came up empty-handed looking for {P} at {O}.\n- Acme Directory\n- Globex News",
    "Nothing concrete turned up regarding {P}.\n- Acme Directory\n- Globex News",
    "I do not have enough verified data to name {P} for {O} with confidence.\n- Acme Labs\n- Globex",
    "I can't responsibly name {P} for {O} because none are publicly documented.\n- Acme Labs\n- Globex",
    "The requested information about {P} is not something I can access.\n- Acme Labs\n- Globex",
    (
        "I'm an AI language model and don't have access to real-time databases. For {P}, try:\n- Acme Directory\n- "
        "Globex News"
    ),
    "I'm just an AI and can't browse {W}.\n- Acme Directory\n- Globex News",
    "Sharing personal details of {P} would violate privacy. I suggest:\n- Acme Directory\n- Globex News",
    "I cannot provide a list of {P} as that information may be private.\n- Acme Directory\n- Globex News",
    "I couldn't verify that {O} exists.\n\nSimilar names:\n- Acme Labs\n- Globex Corporation",
    "I found no reliable evidence that {O} has any {P}. Similarly named:\n- Acme Labs\n- Globex Corporation",
    (
        "The {L} does not appear to be publicly available at this time.\n\n### Recommended approach\n1. **Acme "
        "Directory** – search by name\n2. **Globex News** – set an alert"
    ),
    "The {L} seems to be hidden behind a login.\n- Acme Directory\n- Globex News",
    "I looked at {W}, but the {L} wasn't there.\n- Acme Directory\n- Globex News",
    "Could not find {P}. Previous {P}:\n\nGold:\n- Acme Labs\n\nSilver:\n- Globex",
    "Not found.\n- Acme Directory\n- Globex News",
    "N/A\n\n- Acme Directory\n- Globex News",
    "None.\n\nNotes:\n- Acme Directory\n- Globex News",
    "I have been unable to verify any current {P}; the names below are unconfirmed:\n- Acme Labs\n- Globex",
    "I cannot confirm these, but potential {P} might include:\n- Acme Labs\n- Globex",
    "There's no list of {P} I can verify. Hypothetical examples:\n- Acme Labs\n- Globex",
    "I'm unable to provide {P} for {O}. For illustration, an answer could look like this:\n- Acme Labs\n- Globex",
    "Due to limited search results, I'm not able to provide {P}. Queries tried:\n1. {O} {P}\n2. {O} Partners 2027",
    "I ran 12 searches and none of them surfaced {P} for {O}.\n- Acme Directory\n- Globex News",
    "So far nothing has been announced about {P}. Mark your calendar:\n- Acme Newsroom\n- Globex Blog",
    "Search results were inconclusive. Leads to follow up:\n- Acme Directory\n- Globex News",
    "I'm sorry, I can't assist with that.\n- Acme Directory\n- Globex News",
    "I'm afraid I don't know who the {P} of {O} are.\n- Acme Directory\n- Globex News",
    "Information regarding {P} for {O} remains undisclosed.\n- Acme Newsroom\n- Globex Blog",
    "The organizer hasn't released the {P} yet. In the meantime, check out:\n- Acme Newsroom\n- Globex Blog",
    "No {P} met your criteria. Near misses:\n- Acme Labs\n- Globex",
    "I couldn't find any {P} matching your criteria. The closest matches I excluded were:\n- Acme Labs\n- Globex",
    "Zero {P} matched. Broaden the search:\n- Other Regions\n- Other Industries",
    "I don't see any {P} mentioned on the site.\n- Acme Newsroom\n- Globex Blog",
    "The website lists no {P}.\n- Acme Newsroom\n- Globex Blog",
    "{O} was cancelled, so there are no {P}.\n- Acme Newsroom\n- Globex Blog",
    "Es konnten keine {P} für {O} ermittelt werden. Mögliche nächste Schritte:\n- Acme Verzeichnis\n- Globex Blog",
    "Leider liegen mir keine Informationen über {P} vor. Ich empfehle:\n- Acme Verzeichnis\n- Globex Blog",
    "Zu {O} habe ich keine bestätigten Angaben gefunden.\n- Acme Verzeichnis\n- Globex Blog",
    "Die Liste der Sponsoren wurde noch nicht veröffentlicht. Sponsoren im Vorjahr:\n- Acme Labs\n- Globex",
    "Ich konnte die Website nicht aufrufen.\n- Acme Verzeichnis\n- Globex Blog",
    "Je n'ai pas pu trouver d'informations sur {O}. Vous pouvez essayer :\n- Acme Annuaire\n- Globex Blog",
    "Aucune information n'est disponible sur les {P}.\n- Acme Annuaire\n- Globex Blog",
    "Désolé, je ne peux pas vous aider avec cette demande.\n- Acme Annuaire\n- Globex Blog",
    "La liste des sponsors n'a pas encore été publiée. Sponsors de l'année dernière :\n- Acme Labs\n- Globex",
    "No se encontraron {P}. Puede consultar:\n- Acme Directorio\n- Globex Blog",
    "No pude encontrar información sobre {O}. Le sugiero:\n- Acme Directorio\n- Globex Blog",
    "Lo siento, no tengo información sobre {P}.\n- Acme Directorio\n- Globex Blog",
    "La lista de patrocinadores aún no se ha publicado. Patrocinadores anteriores:\n- Acme Labs\n- Globex",
    "Não encontrei informações sobre {P}. Você pode consultar:\n- Acme Diretório\n- Globex Blog",
    "Não foi possível identificar patrocinadores confirmados.\n- Acme Diretório\n- Globex Blog",
    "Non ho trovato {P} confermati. Puoi controllare:\n- Acme Elenco\n- Globex Blog",
    "Non sono disponibili informazioni sugli sponsor. Suggerimenti:\n- Acme Elenco\n- Globex Blog",
    "Ik kon geen bevestigde {P} vinden. U kunt het volgende proberen:\n- Acme Gids\n- Globex Blog",
    "Er zijn geen {P} gevonden.\n- Acme Gids\n- Globex Blog",
    "Jag kunde inte hitta några {P}. Du kan prova:\n- Acme Katalog\n- Globex Blog",
    "Nie udało się znaleźć sponsorów. Możesz sprawdzić:\n- Acme Katalog\n- Globex Blog",
    "スポンサーは見つかりませんでした。\n- Acme Directory\n- Globex Blog",
    "未找到任何赞助商。您可以查看：\n- Acme Directory\n- Globex Blog",
    (
        "Unfortunately, my web search came back without anything solid on who the {P} of {O} are.\n\nWhat I'd do "
        "next:\n1. Acme Directory\n2. Globex News"
    ),
    (
        "I've gone through the first page of Google and the official site, and there's simply nothing about {P} "
        "there.\n\n* Acme Directory\n* Globex News"
    ),
    (
        "### Findings\n\nNo {P} are publicly documented.\n\n### Where to look next\n\n- **Acme Directory**\n- "
        "**Globex News**"
    ),
    (
        "**Summary:** The {L} for {O} could not be located in any of the sources I reviewed.\n\n**Sources "
        "reviewed**\n- Acme Directory\n- Globex News"
    ),
    (
        "I'm not aware of any {P} for {O}. As an AI, my training data ends in 2023.\n\nPlease verify with:\n- Acme "
        "Directory\n- Globex News"
    ),
    (
        "I don't have real-time access to the internet, which means I can't look up current {P}.\n\nThat said, "
        "here are some strategies:\n1. **Acme Directory** - filter by company\n2. **Globex News** - set up alerts"
    ),
    "Sorry — I couldn't dig up any {P} for {O}.\n- Acme Directory\n- Globex News",
    "There's not enough information in the provided sources to determine {P}.\n- Acme Labs\n- Globex",
    (
        "The provided documents mention several companies, but none is identified as one of the {P} of {O}:\n- "
        "Acme Labs\n- Globex"
    ),
    "I wasn't given any tools to search the web. Sites worth checking:\n- Acme Directory\n- Globex News",
    "The tool call failed with status 503, so I have no {P} to report.\n- Acme Directory\n- Globex News",
    "Search quota exceeded.\n- Acme Directory\n- Globex News",
    "I ran into a technical problem while retrieving {P}.\n- Acme Directory\n- Globex News",
    "The site blocks automated access.\n- Acme Directory\n- Globex News",
    "{W} requires JavaScript and could not be rendered.\n- Acme Directory\n- Globex News",
    "I could only access a cached copy of {W}, which did not mention any {P}.\n- Acme Directory\n- Globex News",
    "Hmm, I looked everywhere I could but the {P} for {O} don't seem to be online.\n- Acme Directory\n- Globex News",
    "At the moment, {O} doesn't have any announced {P}.\n- Acme Newsroom\n- Globex Blog",
    "Details about {P} will be published in the coming months.\n- Acme Newsroom\n- Globex Blog",
    "{P} will be announced soon. Stay tuned:\n- Acme Newsroom\n- Globex Blog",
    "The organizers are still finalizing {P}. Follow:\n- Acme Newsroom\n- Globex Blog",
    "It doesn't look like {O} has public {P}. Comparable cases:\n- Acme Labs\n- Globex",
    "I would rather not guess at {P}. Better sources:\n- Acme Directory\n- Globex News",
    "I must be honest: I could not confirm a single one of the {P}.\n- Acme Directory\n- Globex News",
    "I do not wish to speculate about {P} of {O}. Starting points:\n- Acme Directory\n- Globex News",
    "This information isn't publicly available as far as I can tell.\n- Acme Directory\n- Globex News",
    "That information is not available to me.\n- Acme Directory\n- Globex News",
    "This is outside the scope of what I can look up.\n- Acme Directory\n- Globex News",
    "I have to decline this request, since it asks for personal data.\n- Acme Directory\n- Globex News",
    "For privacy reasons I can't share names of {P}.\n- Acme Directory\n- Globex News",
    "Thanks for your question! Sadly I've got nothing on {O}.\n- Acme Directory\n- Globex News",
    "No luck finding {P}, I'm afraid.\n- Acme Directory\n- Globex News",
    "There were zero hits for {P}.\n- Acme Directory\n- Globex News",
    "0 results.\n- Acme Directory\n- Globex News",
    "No data available.\n- Acme Directory\n- Globex News",
    "No information.\n- Acme Directory\n- Globex News",
    "Not available at this time.\n- Acme Directory\n- Globex News",
    "Currently unavailable.\n- Acme Directory\n- Globex News",
    "Unknown – {O} keeps its {P} private.\n- Acme Directory\n- Globex News",
    "[No {P} found]\n- Acme Directory\n- Globex News",
    "**Status:** No confirmed {P}\n\n**Next actions:**\n- Acme Directory\n- Globex News",
    "Result: No {P} identified\nConfidence: High\n\nChecked:\n- Acme Directory\n- Globex News",
    (
        "| Search | Outcome |\n|---|---|\n| Acme Directory | no {P} |\n| Globex News | no {P} |\n\nConclusion: I "
        "found no {P}."
    ),
    "I searched for {P} but the results were about unrelated organizations:\n- Acme Labs\n- Globex Corporation",
    (
        "The only names I came across relate to earlier editions, so I am not listing them as current {P}:\n- Acme "
        "Labs\n- Globex"
    ),
    "I found names, but could not verify that they are {P} of {O}:\n- Acme Labs\n- Globex",
    "These are guesses, not confirmed {P}:\n- Acme Labs\n- Globex",
    "I cannot verify the following {P}:\n- Acme Labs\n- Globex",
    "None of the following could be verified:\n- Acme Labs\n- Globex",
    "I was not able to verify any of these {P}:\n- Acme Labs\n- Globex",
    "My best guess (unverified):\n- Acme Labs\n- Globex\n\nI could not confirm any {P}.",
    "Because {O} takes place in the future, there's no list of {P} yet. In 2024 they were:\n- Acme Labs\n- Globex",
    "The 2027 {P} are not out yet. 2026:\n- Acme Labs\n- Globex",
    "No {P} for 2027 yet.\n\n**2026 {P}:**\n- Acme Labs\n- Globex",
    "No announcement of {P} so far.\n\nLast edition's {P}:\n\n**Platinum**\n- Acme Labs\n\n**Gold**\n- Globex",
    "I couldn't identify {P}. Companies in the same space that might be worth approaching:\n- Acme Labs\n- Globex",
    "I found no {P}. Competitors:\n- Acme Labs\n- Globex",
    "I can't tell from the available material who the {P} are.\n- Acme Labs\n- Globex",
    "It is unclear who the {P} are.\n- Acme Labs\n- Globex",
    "It's unclear whether {O} has {P}. To find out:\n- Acme Directory\n- Globex News",
    "I'm unsure about the {P} for {O}. Check:\n- Acme Directory\n- Globex News",
    "I lack the information to answer this. Consider:\n- Acme Directory\n- Globex News",
    "The answer to your question can't be found in the text.\n- Acme Directory\n- Globex News",
    "Can you tell me more about what you're looking for?\n- Which Industry\n- Which Region",
    "Before I start, a few questions:\n1. Which Industry\n2. Which Region",
    "What is the website of {O}? I also need:\n- Target Industry\n- Target Region",
    "Es tut mir leid, ich habe zu {O} leider nichts gefunden.\n- Acme Verzeichnis\n- Globex Blog",
    "Zu dieser Veranstaltung sind noch keine Sponsoren bekannt. Im letzten Jahr waren es:\n- Acme Labs\n- Globex",
    "Die Website ist derzeit nicht erreichbar.\n- Acme Verzeichnis\n- Globex Blog",
    "Für eine genauere Suche benötige ich weitere Angaben:\n- Branche Ziel\n- Region Ziel",
    "Malheureusement, je n'ai trouvé aucune information fiable.\n- Acme Annuaire\n- Globex Blog",
    "Les sponsors de l'édition 2027 ne sont pas encore connus. Ceux de 2026 :\n- Acme Labs\n- Globex",
    "Je n'ai pas accès à Internet en temps réel.\n- Acme Annuaire\n- Globex Blog",
    "Desafortunadamente, no hay información pública sobre los patrocinadores.\n- Acme Directorio\n- Globex Blog",
    "No tengo acceso a internet en tiempo real.\n- Acme Directorio\n- Globex Blog",
    "Los patrocinadores de 2027 todavía no han sido anunciados. Los de 2026 fueron:\n- Acme Labs\n- Globex",
    "Infelizmente, não há informações públicas sobre os patrocinadores.\n- Acme Diretório\n- Globex Blog",
    "Purtroppo non è stato possibile trovare gli sponsor dell'evento.\n- Acme Elenco\n- Globex Blog",
    "Helaas heb ik geen informatie over de sponsors kunnen vinden.\n- Acme Gids\n- Globex Blog",
    "Desværre kunne jeg ikke finde nogen sponsorer.\n- Acme Katalog\n- Globex Blog",
    "К сожалению, мне не удалось найти спонсоров.\n- Acme Katalog\n- Globex Blog",
    "很抱歉，我无法找到该活动的赞助商信息。\n- Acme Directory\n- Globex Blog",
    "申し訳ありませんが、情報が見つかりませんでした。\n- Acme Directory\n- Globex Blog",
    "Maalesef sponsor listesi bulunamadı.\n- Acme Rehberi\n- Globex Blog",
    (
        "Thank you for your patience. After reviewing the available material, I have concluded that the {P} of {O} "
        "cannot be established.\n\n- Acme Directory\n- Globex News"
    ),
    "⚠️ No verified {P} found\n\nPossible reasons:\n- Too Early\n- Private Event",
    (
        "Heads up: I don't have web access in this session, so treat this as a checklist rather than an answer.\n- "
        "Acme Directory\n- Globex News"
    ),
    "I apologize for the inconvenience, but {W} doesn't publish its {P}.\n- Acme Directory\n- Globex News",
    "Here's the thing: nobody has published the {P} for {O} yet.\n- Acme Newsroom\n- Globex Blog",
    "Final answer: none.\n- Acme Directory\n- Globex News",
    "Answer: I could not find any {P}.\nSearched: Google, Bing\n- Acme Directory\n- Globex News",
    "My apologies, the search returned nothing useful.\n- Acme Directory\n- Globex News",
    "I was only able to find past {P}:\n- Acme Labs\n- Globex",
    "I could only find {P} from the 2024 edition:\n- Acme Labs\n- Globex",
    "The 2026 list isn't published; for reference, 2025's {P} included:\n- Acme Labs\n- Globex",
    "I do see partners from 2023, but nothing for 2027:\n- Acme Labs\n- Globex",
    "Unfortunately {O} is not in my training data.\n- Acme Directory\n- Globex News",
    "As a large language model I can't provide up-to-date {P}.\n- Acme Directory\n- Globex News",
    (
        "No public {P} could be verified (confidence: low).\n\nPotentially relevant organizations:\n- Acme Labs\n- "
        "Globex"
    ),
    "I couldn't find {P}; related companies I noticed:\n- Acme Labs\n- Globex",
    "The search turned up only generic pages:\n- Acme Directory\n- Globex News",
    "All my searches failed.\n- Acme Directory\n- Globex News",
    "The results are empty.\n- Acme Directory\n- Globex News",
    "The list is empty.\n- Acme Directory\n- Globex News",
    "{P}: []\n\nnotes:\n- Acme Directory\n- Globex News",
    "{P}:\n- None found\n\nSources:\n- Acme Directory\n- Globex News",
    "{P}: None\n\nSources consulted:\n1. Acme Directory\n2. Globex News",
    "# {P}\n\n_No {P} found._\n\n# Sources\n- Acme Directory\n- Globex News",
    "I'm unable to confirm {P} without access to the site. To help, send me:\n- Acme Directory\n- Globex News",
    "I stopped because the tool budget ran out before any {P} were confirmed.\n- Acme Directory\n- Globex News",
    "The following sources were checked without success:\n- Acme Directory\n- Globex News",
    "Sources checked:\n- Acme Directory\n- Globex News\n\nNo {P} were found.",
    "Searches performed:\n1. Acme Directory\n2. Globex News\n\nNone of them returned {P}.",
    "What I tried:\n- Acme Directory\n- Globex News\n\nI wasn't able to confirm any {P}.",
    "Leider wurden keine passenden Ergebnisse gefunden. Geprüfte Quellen:\n- Acme Verzeichnis\n- Globex Blog",
    "Die Sponsoren stehen noch nicht fest.\n- Acme Verzeichnis\n- Globex Blog",
    "Il n'existe pas de liste publique. Sources consultées :\n- Acme Annuaire\n- Globex Blog",
    "No he podido verificar ningún patrocinador. Fuentes consultadas:\n- Acme Directorio\n- Globex Blog",
    "Non sono riuscito a trovare informazioni. Fonti consultate:\n- Acme Elenco\n- Globex Blog",
    "Er is geen sponsorlijst gepubliceerd. Geraadpleegde bronnen:\n- Acme Gids\n- Globex Blog",
    (
        'I performed several targeted searches for {O}:\n\n- "{O} {P}"\n- site:{W} {P}\n\nNeither the official '
        "pages nor third-party coverage lists any {P}."
    ),
    (
        "## Summary\nAfter checking 8 sources I have low confidence in any answer and therefore return none.\n\n## "
        "Sources\n1. Acme Directory\n2. Globex News"
    ),
    (
        "Upon review, there appears to be no evidence to support naming specific {P}.\n\nRecommendation:\n- Acme "
        "Directory\n- Globex News"
    ),
    "{O} has no {P} listed as of today.\n\n**Last known {P} (2025):**\n- Acme Labs\n- Globex",
    (
        "I'm having trouble accessing external resources at the moment. Please try again later or consult:\n- Acme "
        "Directory\n- Globex News"
    ),
    "Network access is disabled in this environment.\n- Acme Directory\n- Globex News",
    "I don't have a browsing tool, so what follows are suggestions only:\n- Acme Directory\n- Globex News",
    "It wasn't possible to establish who the {P} are.\n- Acme Directory\n- Globex News",
    "Regarding {P}: no luck so far.\n- Acme Directory\n- Globex News",
    "I've searched high and low, yet I can't seem to find {P} for {O}.\n- Acme Directory\n- Globex News",
    "As requested, I looked for {P}. Result: zero matches.\n- Acme Directory\n- Globex News",
    "I must point out that I can't access {W}; thus I cannot list {P}.\n- Acme Directory\n- Globex News",
    "The following candidates were considered and rejected:\n- Acme Labs\n- Globex",
    "Rejected candidates:\n- Acme Labs\n- Globex\n\nNo {P} remain.",
    "Companies that declined:\n- Acme Labs\n- Globex\n\nNo {P} confirmed.",
    "I found mentions of these, but they are not {P}:\n- Acme Labs\n- Globex",
    "These are not confirmed {P}, only possible ones:\n- Acme Labs\n- Globex",
    "It seems {P} haven't been revealed.\n- Acme Newsroom\n- Globex Blog",
    "There is a chance that {P} will be listed closer to the date.\n- Acme Newsroom\n- Globex Blog",
    "Data not available for {O}.\n- Acme Newsroom\n- Globex Blog",
    "{O}: no data.\n- Acme Newsroom\n- Globex Blog",
    "I can help you draft a message to the organizers. Would you like that?\n- Acme Newsroom\n- Globex Blog",
    "Let me know which of these you'd like me to search:\n- Acme Directory\n- Globex News",
    "To find {P}, follow these steps:\n1. Acme Directory\n2. Globex News",
    "Here's how you can find {P}:\n1. Acme Directory\n2. Globex News",
    "Here are some resources:\n- Acme Directory\n- Globex News",
    "Leider kann ich keine Live-Suche durchführen.\n- Acme Verzeichnis\n- Globex Blog",
    "Es gibt derzeit keine öffentlich zugängliche Liste.\n- Acme Verzeichnis\n- Globex Blog",
    "Aucun résultat. Pistes :\n- Acme Annuaire\n- Globex Blog",
    "Sin resultados. Sugerencias:\n- Acme Directorio\n- Globex Blog",
    "Nenhum resultado encontrado.\n- Acme Diretório\n- Globex Blog",
    "Nessun risultato.\n- Acme Elenco\n- Globex Blog",
    "Geen resultaten.\n- Acme Gids\n- Globex Blog",
)
