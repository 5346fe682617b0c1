"""Answers that list records in spite of what they say is missing; all of them made up."""

from __future__ import annotations

SPONSORS = (
    "From the website:\n\n**Diamond:** Acme Labs\n**Gold:** Globex\n**Bronze:** none so far",
    "The 2026 list isn't final, but so far these have been announced:\n- Acme Labs\n- Globex",
    'Two sponsors could be identified:\n- Acme Labs – main sponsor\n- Globex\n\nThe rest is "to be announced".',
    "The website names its partners as follows:\n\nAcme Labs (main partner)\nGlobex (partner)\n\n"
    "There is no information on supporting partners.",
    "**Answer**\n\nAcme Labs (Gold)\nGlobex (Silver)\n\n**Caveats**\n- No bronze sponsors were shown.",
    "Acme Labs and Globex are listed as sponsors on the website. I could not find a platinum sponsor.",
    "Acme Labs is the headline sponsor. Globex is a gold sponsor. No other sponsors have been named.",
    "I looked at the site. Here's the current line-up:\n\nAcme Labs\nGlobex\n\nThat's all they've published.\n\n"
    "Notes:\n- More may follow.",
    "The page shows these sponsors:\n1. Acme Labs – Platinum\n2. Globex – Gold\n3. (Silver – none yet)",
    "I can't find anything beyond these two:\n- Acme Labs\n- Globex",
    "Aside from these two, no sponsors were found:\n- Acme Labs\n- Globex",
    "No sponsors were found except:\n- Acme Labs\n- Globex",
    "Last year's sponsors weren't considered. This year's sponsors:\n- Acme Labs\n- Globex",
    "It was difficult to find, but I finally located the sponsor list:\n- Acme Labs\n- Globex",
    "There's no published sponsor prospectus; nonetheless the footer displays the logos of:\n- Acme Labs\n- Globex",
    "My first search failed. My second search found:\n- Acme Labs\n- Globex",
    "No es posible confirmar los niveles. Patrocinadores:\n- Acme Labs\n- Globex",
    "Não há patrocinador máster; os patrocinadores são:\n- Acme Labs\n- Globex",
    "Search results: 2 sponsors\n1. Acme Labs\n2. Globex",
    "Acme Labs\nGlobex\n(no tier information available)",
    "Acme Labs\nGlobex\n\nI could not find any further sponsors.",
    "1. Acme Labs\n2. Globex\n\nNo other sponsors were identified. You may want to check:\n- LinkedIn",
    "Acme Labs and Globex are sponsoring the event. No further sponsors were found.",
    "While the 2026 page is not live yet, the press release names Acme Labs and Globex as sponsors.",
    "I couldn't find the complete list, but these are confirmed:\n- Acme Labs\n- Globex",
    "Not all tiers are public yet. Sponsors announced so far:\n\nGold:\n- Acme Labs\n\nSilver:\n- Globex",
    "No bronze sponsors have been announced.\n\nGold:\n- Acme Labs\n- Globex",
    "The website doesn't list tiers. Sponsors:\n- Acme Labs\n- Globex",
    "I was unable to access the sponsors page directly, but the press release lists:\n- Acme Labs\n- Globex",
    (
        "I couldn't open anvilconf.io/sponsors (403), however the cached copy names these sponsors:\n- Acme Labs "
        "(Gold)\n- Globex (Silver)"
    ),
    (
        "Here are the AnvilConf 2027 sponsors. I could not verify websites for all of them.\n\n1. Acme Labs – "
        "Gold\n2. Globex – Silver"
    ),
    "**Confirmed sponsors**\n- Acme Labs\n- Globex\n\n**Not confirmed**\n- Initech",
    "I found two sponsors. No exhibitors were found.\n- Acme Labs\n- Globex",
    "Although my search results were limited, I identified these sponsors:\n- Acme Labs\n- Globex",
    "Sponsors for 2027 (websites not available):\n- Acme Labs\n- Globex",
    (
        "The organizer has not published sponsorship amounts.\n\n| Sponsor | Tier |\n|---|---|\n| Acme Labs | Gold "
        "|\n| Globex | Silver |"
    ),
    "There's no single official page, so I compiled this list from press releases:\n- Acme Labs\n- Globex",
    "No title sponsor this year.\n\nPlatinum\n- Acme Labs\n- Globex",
    "Please note the list may not be complete.\n- Acme Labs\n- Globex",
    "I can't guarantee this is exhaustive. Sponsors found:\n- Acme Labs\n- Globex",
    "Sponsors:\n- Acme Labs\n- Globex\n\nI could not find any further information. You could check:\n- The website",
    "Sponsors identified from the official page (no tier information available):\n\n- Acme Labs\n- Globex",
    "The 2027 sponsors have been announced; no media partners yet.\n- Acme Labs\n- Globex",
    (
        "I couldn't find an announcement for 2027 media partners, but the following sponsors are on the site:\n- "
        "Acme Labs\n- Globex"
    ),
    "Sponsors of AnvilConf 2027, based on the search results provided:\n- Acme Labs\n- Globex",
    "Based on the search results, AnvilConf 2027 has these sponsors (tiers unknown):\n- Acme Labs\n- Globex",
    "As of my last update in 2026, the confirmed sponsors of AnvilConf 2027 were:\n- Acme Labs\n- Globex",
    "Note: I cannot browse the web, so please verify. Known sponsors:\n- Acme Labs\n- Globex",
    "The list below may be incomplete because the page did not load fully:\n- Acme Labs\n- Globex",
    "Two sponsors were found; a third could not be verified.\n- Acme Labs\n- Globex",
    "Only partial information is available. Sponsors so far:\n- Acme Labs\n- Globex",
    "No full sponsor list has been published, though the following are confirmed:\n- Acme Labs\n- Globex",
    "The official sponsor page doesn't show tiers, so tier is left out:\n- Acme Labs\n- Globex",
    "I found the sponsors below on the official website. I did not find any exhibitors.\n- Acme Labs\n- Globex",
    "Sponsors (not ranked):\n- Acme Labs\n- Globex",
    "Sponsors (no tiers given):\n- Acme Labs\n- Globex",
    "Platinum: none this year\nGold: Acme Labs, Globex",
    "Title sponsor: none\n\nGold sponsors:\n- Acme Labs\n- Globex",
    (
        "Here's what I found:\n- Acme Labs\n- Globex\n\nI wasn't able to find the other sponsors. Next steps:\n- "
        "Check the website"
    ),
    "## Sponsors\n- Acme Labs\n- Globex\n\n## Not found\nNo media partners could be found.",
    "No need to search further: the site lists all sponsors.\n- Acme Labs\n- Globex",
    "While the 2027 list isn't final, sponsors confirmed to date are:\n- Acme Labs\n- Globex",
    "Although I can't confirm tiers, AnvilConf's website names these partners:\n- Acme Labs\n- Globex",
    "None of these sponsors has a tier on the website:\n- Acme Labs\n- Globex",
    "I could not find websites for these sponsors:\n- Acme Labs\n- Globex",
    "The sponsors don't have tiers.\n- Acme Labs\n- Globex",
    "Please check the website for the newest list. The current sponsors:\n- Acme Labs\n- Globex",
    (
        "**Acme Labs** and **Globex** are the sponsors of AnvilConf. No further sponsors were found.\n\n1. Acme "
        "Labs\n2. Globex"
    ),
    "Die vollständige Liste ist nicht öffentlich, aber bestätigt sind:\n- Acme Labs\n- Globex",
    "Folgende Sponsoren sind bestätigt (keine Angaben zur Stufe):\n- Acme Labs\n- Globex",
    "Hier sind die Sponsoren. Weitere Sponsoren wurden nicht gefunden.\n- Acme Labs\n- Globex",
    "La liste complète n'est pas disponible, mais voici les sponsors confirmés :\n- Acme Labs\n- Globex",
    "No encontré la lista completa, pero estos son los patrocinadores confirmados:\n- Acme Labs\n- Globex",
    "Sponsors:\n1. Acme Labs\n2. Globex\n\nSources:\n- anvilconf.io",
    "**Acme Labs** – cloud hosting.\n**Globex** – data center provider.\n\nSources:\n- anvilconf.io\n- x.com",
    (
        "Sure! Here is the list of sponsors for AnvilConf 2027:\n- Acme Labs\n- Globex\n\nLet me know if you need "
        "anything else!"
    ),
    "After searching the official website, I found these sponsors:\n- Acme Labs\n- Globex",
    "AnvilConf 2027 sponsors (source: anvilconf.io, accessed today):\n- Acme Labs\n- Globex",
    "The following are listed on the sponsors page. I did not check exhibitors:\n- Acme Labs\n- Globex",
    "Confirmed:\n- Acme Labs\n- Globex\n\nUnconfirmed / could not verify:\n- Initech",
    "I verified the sponsors on anvilconf.io. LinkedIn could not be opened.\n- Acme Labs\n- Globex",
    "The sponsors page timed out at first but loaded on retry; it lists:\n- Acme Labs\n- Globex",
    "Platinum:\n- Acme Labs\n\nGold:\n- None announced\n\nSilver:\n- Globex",
    "Sponsors\n- Acme Labs\n- Globex\n\nNo sponsors beyond these were found.",
    "There are no exhibitors, only sponsors:\n- Acme Labs\n- Globex",
    "AnvilConf has two sponsors this year, none of them platinum:\n- Acme Labs\n- Globex",
    "I can confirm two sponsors:\n- Acme Labs\n- Globex",
    "I could only find two sponsors:\n- Acme Labs\n- Globex",
    "I only found these:\n- Acme Labs\n- Globex",
    "Note: sponsors may change.\n\n1. Acme Labs\n2. Globex",
    "Partial list, because the site would not load completely:\n- Acme Labs\n- Globex",
    "Great question! AnvilConf 2027's confirmed sponsors are listed below.\n- Acme Labs\n- Globex",
    "Per the official site, sponsors include:\n- Acme Labs\n- Globex",
    "I checked 5 sources. The official site names two sponsors.\n- Acme Labs\n- Globex",
    "Sponsors confirmed from the official site (I could not access the PDF prospectus):\n- Acme Labs\n- Globex",
    "All sponsors, sorted by tier; tier unknown where not stated.\n- Acme Labs\n- Globex",
    "AnvilConf 2027 Sponsors\n\nGold Sponsors\n- Acme Labs\n- Globex",
    "Search results show the following sponsors for AnvilConf 2027:\n- Acme Labs\n- Globex",
    "Here are sponsors I am confident about. I left out names I couldn't verify.\n- Acme Labs\n- Globex",
    "Only sponsors for 2027 are listed; earlier ones are left out.\n- Acme Labs\n- Globex",
    "## Results\n\n- Acme Labs\n- Globex\n\n## Limitations\n- I could not open the sponsor PDF.",
    "Sponsors are as follows.\n- Acme Labs\n- Globex",
    "The event organizers have confirmed these partners:\n- Acme Labs\n- Globex",
    "Die bestätigten Sponsoren sind:\n- Acme Labs\n- Globex",
    "Los patrocinadores confirmados son:\n- Acme Labs\n- Globex",
    "Sponsors:\n- Acme Labs\n- Globex\n\n*No further information was available.*",
)
"""Answers that name the sponsors Acme Labs and Globex."""

PEOPLE = (
    "Gefundene Entscheider:\n- Jane Doe, Geschäftsführerin\n- Bo Ray, Leiter Einkauf\nNicht gefunden: Leiter IT",
    "Executives: Jane Doe, CEO; Bo Ray, CTO. I could not find a CFO.",
    "I could not find the CFO, but the CEO is Jane Doe. Their CTO is Bo Ray.",
    "There are only two executives I could confirm: Jane Doe (CEO) and Bo Ray, CTO at Acme.",
    "Acme is led by CEO Jane Doe and CTO Bo Ray. LinkedIn profiles aren't available to me.",
    "Jane Doe serves as Chief Executive Officer and Bo Ray is the Head of Sales.",
    "CEO: Jane Doe\nCTO: Bo Ray\nVP Sales: Not found\nCFO: Unknown",
    "Unfortunately I couldn't find a full org chart. What I did find:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Laut Handelsregister sind die aktuellen Geschäftsführer:\n- Jane Doe\n- Bo Ray\n\n"
    "Eine Vertriebsleitung konnte ich nicht ermitteln.",
    (
        "I couldn't find e-mail addresses for them, but these are the decision makers at Acme:\n- Jane Doe, CEO\n- "
        "Bo Ray, CTO"
    ),
    "No CMO is listed. The leadership team:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "I wasn't able to verify LinkedIn profiles.\n\n1. **Jane Doe** – CEO\n2. **Bo Ray** – CTO",
    "The website does not list phone numbers.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "As I can't browse LinkedIn, this is from the company's team page:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    (
        "I could not find a dedicated Head of Sales. However, the following executives are relevant:\n- Jane Doe, "
        "CEO\n- Bo Ray, CTO"
    ),
    "Contact details are not public. Key people:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Acme does not have a CFO.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Here are the people I found. I couldn't confirm the CTO's start date.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Not much is public about Acme, but I found:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "I don't have verified emails for these people:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    (
        "I'm unable to provide personal e-mail addresses, however the leadership is public:\n- Jane Doe, CEO\n- Bo "
        "Ray, CTO"
    ),
    "Based on the search results provided, Acme's executives are:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "No LinkedIn URLs could be verified, so they are left blank.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "I could not confirm who heads marketing.\n\nOther decision makers:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "The VP of Sales position appears to be vacant.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "As of my knowledge cutoff, the leadership team of Acme was:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "The team page returned a 404 error; these come from a press release:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "There's no Head of Sales at Acme. Closest decision makers:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Emails: not found. Names:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "No direct phone numbers are available.\n\n| Name | Title |\n|---|---|\n| Jane Doe | CEO |\n| Bo Ray | CTO |",
    "Nicht alle Positionen sind öffentlich bekannt. Bekannt sind:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Emails are unavailable.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Could not verify current employment for all.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "**Jane Doe** – CEO\n**Bo Ray** – CTO\n\nSources:\n- acme.com\n- linkedin.com",
    "Jane Doe, CEO\nBo Ray, CTO\n\nI couldn't find the CFO. You could check:\n- LinkedIn",
    "The CFO role is vacant. Others:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "I could only find two decision makers:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Please verify before use.\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "No emails, only names:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "I can't confirm phone numbers. Names and titles:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Leadership (emails not disclosed)\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "The company does not list its staff publicly, but the press names two people:\n- Jane Doe, CEO\n- Bo Ray, CTO",
    "Jane Doe - CEO\nBo Ray - CTO\nCFO: not found",
)
"""Answers that name Jane Doe, CEO, and Bo Ray, CTO."""

EVENTS = (
    "While I couldn't find a conference on robots, this event covers them:\n- AnvilConf 2027, 3 March 2027, Berlin\n"
    "- CloudDays 2027, 4 May 2027, Paris",
    "I couldn't find three events as requested, only two:\n1. AnvilConf 2027 (March 3-5, 2027, Berlin)\n"
    "2. CloudDays 2027 (May 4, 2027, Paris)",
    "Für Mai habe ich zwei Termine gefunden:\n- AnvilConf 2027, 5. Mai 2027, Berlin\n"
    "- CloudDays 2027, 7. Mai 2027, Paris\n\nTicketpreise sind noch nicht veröffentlicht.",
    (
        "I couldn't confirm attendance for these events:\n1. **AnvilConf 2027** — March 3-5, 2027, Berlin\n2. "
        "**CloudDays 2027** — May 4, 2027, Paris"
    ),
    (
        "Exact dates are not announced for all.\n\n- AnvilConf 2027, Berlin, March 3, 2027\n- CloudDays 2027, "
        "Paris, May 4, 2027"
    ),
    (
        "No events in Munich were found. In Berlin:\n1. **AnvilConf 2027** — March 3-5, 2027, Berlin\n2. "
        "**CloudDays 2027** — May 4, 2027, Berlin"
    ),
    (
        "I found two events. I could not find their sponsors.\n1. **AnvilConf 2027** — March 3-5, 2027, Berlin\n2. "
        "**CloudDays 2027** — May 4, 2027, Paris"
    ),
    (
        "While I can't browse live calendars, these events are scheduled:\n1. **AnvilConf 2027** — March 3-5, "
        "2027, Berlin\n2. **CloudDays 2027** — May 4, 2027, Paris"
    ),
    (
        "Ticket prices have not been published.\n\n### 1. AnvilConf 2027\n- Date: March 3, 2027\n- Location: "
        "Berlin\n\n### 2. CloudDays 2027\n- Date: May 4, 2027\n- Location: Paris"
    ),
    (
        "Sponsors not yet announced for these events:\n- AnvilConf 2027, Berlin, March 3, 2027\n- CloudDays 2027, "
        "Paris, May 4, 2027"
    ),
    "This list is not exhaustive.\n- AnvilConf 2027, Berlin, March 3, 2027\n- CloudDays 2027, Paris, May 4, 2027",
    (
        "I could not verify the venue for CloudDays.\n- AnvilConf 2027, Berlin, March 3, 2027\n- CloudDays 2027, "
        "Paris, May 4, 2027"
    ),
    (
        "There are no free events, but paid ones are:\n- AnvilConf 2027, Berlin, March 3, 2027\n- CloudDays 2027, "
        "Paris, May 4, 2027"
    ),
    (
        "Attendance figures could not be verified.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — "
        "May 4, 2027, Paris"
    ),
    (
        "I can't check live calendars, so dates may change:\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- "
        "CloudDays 2027 — May 4, 2027, Paris"
    ),
    (
        "I could not find any events in January or February, but there are two later:\n- AnvilConf 2027 — March "
        "3-5, 2027, Berlin\n- CloudDays 2027 — May 4, 2027, Paris"
    ),
    (
        "Based on the search results provided, these events match:\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- "
        "CloudDays 2027 — May 4, 2027, Paris"
    ),
    (
        "There's no official website for CloudDays yet.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays "
        "2027 — May 4, 2027, Paris"
    ),
    (
        "Sponsor lists are not yet public for these events.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- "
        "CloudDays 2027 — May 4, 2027, Paris"
    ),
    (
        "Not every event has confirmed dates.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — May "
        "4, 2027, Paris"
    ),
    (
        "Upcoming events (sponsors not announced):\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — "
        "May 4, 2027, Paris"
    ),
    (
        "As of my last update, the following events were planned:\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- "
        "CloudDays 2027 — May 4, 2027, Paris"
    ),
    (
        "No virtual events were included.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — May 4, "
        "2027, Paris"
    ),
    (
        "### 1. AnvilConf 2027\nDate: March 3, 2027\nLocation: Berlin\nSponsors: none announced yet\n\n### 2. "
        "CloudDays 2027\nDate: May 4, 2027\nLocation: Paris\nSponsors: not available"
    ),
    (
        "**AnvilConf 2027** — March 3-5, 2027, Berlin. Sponsors: not announced.\n\n**CloudDays 2027** — May 4, "
        "2027, Paris. Sponsors: not found."
    ),
    (
        "Only two events matched; none in July.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — "
        "May 4, 2027, Paris"
    ),
    (
        "CloudDays has not confirmed its venue.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — "
        "May 4, 2027, Paris"
    ),
    (
        "The agenda will be published in January.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — "
        "May 4, 2027, Paris"
    ),
    (
        "I couldn't access Eventbrite, so this list relies on 10times:\n- AnvilConf 2027 — March 3-5, 2027, "
        "Berlin\n- CloudDays 2027 — May 4, 2027, Paris"
    ),
    (
        "Sponsors will be announced later.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — May 4, "
        "2027, Paris"
    ),
    "No registration required.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — May 4, 2027, Paris",
    (
        "These events have no published sponsor list yet:\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays "
        "2027 — May 4, 2027, Paris"
    ),
    (
        "I found two conferences. Neither lists sponsors.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays "
        "2027 — May 4, 2027, Paris"
    ),
    (
        "Dates may change; please check the websites.\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays "
        "2027 — May 4, 2027, Paris"
    ),
    (
        "Conferences in 2027 (past editions excluded):\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays "
        "2027 — May 4, 2027, Paris"
    ),
    (
        "No events before March. After that:\n- AnvilConf 2027 — March 3-5, 2027, Berlin\n- CloudDays 2027 — May "
        "4, 2027, Paris"
    ),
)
"""Answers that name AnvilConf 2027 and CloudDays 2027."""
