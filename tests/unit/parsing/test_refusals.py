"""Prose that says that nothing was found, and prose that only lacks a part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.refusals import says_nothing_found
from tests.unit.parsing.bounded import bounded


@pytest.mark.parametrize(
    "text",
    [
        "The 2026 sponsors haven't been announced. 2025 sponsors:\n\nGold:\n- Acme",
        "I was unable to access the website (403 Forbidden).\n* anvilconf.io/sponsors - 403",
        "Unable to complete the request.\n- Try again later\n- Acme Cloud",
        "Search results did not contain sponsor information:\n- Acme Labs",
        "Sponsor list: not available",
        "Es konnten keine Sponsoren gefunden werden. Sie könnten prüfen:\n- Die Website",
        "No se encontraron patrocinadores. Puede consultar:\n- El sitio web",
        (
            "I couldn't find a confirmed sponsor list. You could check:\n- The official website\n- The "
            "organizer's LinkedIn page"
        ),
        "No decision makers could be identified. Try:\n- LinkedIn Sales Navigator",
        "I was unable to find any sponsors for AnvilConf 2026.\n\nSources checked:\n- anvilconf.io\n- LinkedIn",
        "I couldn't find any confirmed events. You could check:\n- Eventbrite\n- Meetup",
        "No sponsors for 2026 have been announced yet. Last year's sponsors were:\n- Acme\n- Globex",
        (
            "Unfortunately, there is no publicly available information about the sponsors of this event.\n\n"
            "Next steps:\n1. Contact the organizer\n2. Check the website"
        ),
        (
            "I don't have access to real-time data. To find sponsors, I recommend:\n* Visiting the event site\n"
            "* Searching LinkedIn"
        ),
        "After searching, no sponsors were found.\n- The site does not list sponsors\n- No press releases",
        "I could not verify any sponsors. Would you like me to:\n- Search again?\n- Look at last year's?",
        "## Sponsors\nNone found.\n\n## Sources\n- https://a.com\n- https://b.com",
        "I could not find any decision makers at Acme.\n\nSuggestions:\n- Apollo\n- ZoomInfo",
        (
            "I'm sorry, but I can't provide contact information for individuals. You may want to try:\n- "
            "LinkedIn\n- Company website"
        ),
        "I couldn't find email addresses or names of decision makers. Try:\n- Hunter.io",
        "- No sponsors found\n- Check the website",
        "No results.",
        "No sponsors found.",
        "I could not find any executives.",
        "None identified.",
        (
            "The sponsor list for AnvilConf 2026 has not been published yet. Previous sponsors include:\n- "
            "Acme\n- Globex"
        ),
        (
            "Based on my search, I wasn't able to identify confirmed sponsors. Potential sponsors could be:\n- "
            "Acme\n- Globex"
        ),
        (
            "I found no upcoming conferences matching your criteria.\n\nYou might consider:\n- Broadening the "
            "location\n- Other dates"
        ),
        "The 2026 sponsors have not yet been announced. The 2025 sponsors were:\n- Acme\n- Globex",
        "There are no confirmed sponsors listed on the website.\n\nQuestions:\n- Do you have another URL?",
        "Sponsorship information is not available for this event. Recommended sources:\n- Website\n- Twitter",
        "I searched the web but found nothing about sponsors.\n- anvilconf.io\n- linkedin.com",
        "Es wurden keine Sponsoren gefunden.\n- Website prüfen",
        (
            "I cannot confirm any specific people at Acme.\n\nWhat you can do:\n1. **LinkedIn**: search for "
            "Acme\n2. **Website**: the team page"
        ),
        "No events found. Here are some suggestions:\n- Eventbrite\n- Meetup",
        "I was unable to locate a list of exhibitors. Here are some ways to find them:\n- Website\n- App",
        "Unable to find sponsors.\n\n**Next Steps:**\n- Email info@anvilconf.io",
        (
            "Regrettably I have no data on AnvilConf's sponsors. However, you could check the following "
            "resources:\n- A\n- B"
        ),
        "I couldn't find a confirmed sponsor list.\n- Acme\n- Globex",
        ("I couldn't find a sponsor list. Companies that often sponsor similar events include:\n- Google\n- Microsoft"),
        "Sponsors have not been announced. Reasons:\n- Too early",
        "I do not have browsing capabilities so I cannot find sponsors.\n1. Visit the site",
        (
            "I wasn't able to find verified decision makers for Acme Robotics. Options:\n- Provide the "
            "company's domain\n- Search LinkedIn"
        ),
        (
            "As of my knowledge cutoff, I don't have information about the sponsors of AnvilConf 2027. I "
            "suggest:\n1. Visiting the official website\n2. Following their social media"
        ),
        (
            "I wasn't able to locate any public sponsor information for this event.\n\nWhere to look:\n- Event "
            "website\n- LinkedIn"
        ),
        (
            "There doesn't appear to be a published sponsor list for this conference.\n\n- Official site: no "
            "sponsors page\n- Twitter: no mentions"
        ),
        "Sorry, I cannot help with finding personal contact details.\n- Consider using LinkedIn",
        (
            "Unfortunately I couldn't identify any decision makers matching your criteria at Acme Robotics. "
            "You can:\n* Check the company website\n* Use Apollo.io"
        ),
        (
            "No matching events were found for fintech in Berlin in March 2027.\n\nYou may want to:\n- widen "
            "the date range\n- include nearby cities"
        ),
        ("My search returned no results for conferences in that region.\n\nSuggestions:\n- Try Munich\n- Try April"),
        "I have not found any confirmed sponsors. The following companies sponsored in 2025:\n- Acme\n- Globex",
        "The website doesn't list any sponsors yet.\n\nPossible next steps:\n- Contact sponsors@anvilconf.io",
        (
            "At this time, sponsor details are not publicly available. Here's what I checked:\n- "
            "https://anvilconf.io\n- https://twitter.com/anvilconf"
        ),
        "I did not find any executives. Below are some resources that might help:\n- LinkedIn\n- Crunchbase",
        "**No sponsors identified.**\n\n### Sources consulted\n1. anvilconf.io\n2. eventbrite.com",
        "Result: none\n\nNotes:\n- The event is new\n- No list yet",
        "I can't verify who sponsors AnvilConf. Could you provide:\n- The event's website?\n- The year?",
        "Zero sponsors were confirmed.\n- Reason: the list is unpublished",
        (
            "I couldn't find information on this event. It may have been cancelled.\n\nAlternatives:\n- "
            "CloudConf\n- DevDays"
        ),
        ("It seems that AnvilConf 2027 has not announced its sponsors. Past sponsors:\n* Acme\n* Globex\n* Initech"),
        "Nothing found.",
        "I found no decision makers.\n\nIf you'd like, I can:\n- Search for Globex instead\n- Broaden the roles",
        "There is insufficient information to identify the sponsors.\n- Check the site",
        ("Information about the leadership team is not available online.\n\nRecommended actions:\n- Call the company"),
        (
            "I searched but could not confirm any sponsor for 2027. Typical sponsors of such events include:\n"
            "- AWS\n- Google Cloud"
        ),
        (
            "I'm unable to browse the internet, so I can't provide a current list of sponsors. Common sponsors "
            "in this space are:\n- Microsoft\n- AWS"
        ),
        "No such event exists.\n- Check the spelling",
        ("We could not find sponsors for this event.\n\n| Source | Result |\n|---|---|\n| anvilconf.io | nothing |"),
        "I do not have enough data to list the attendees or sponsors.\n1. Ask the organizer",
        'Couldn\'t find anything. Try searching for:\n- "AnvilConf sponsors"\n- "AnvilConf exhibitors"',
        "Leider konnte ich keine Sponsoren finden. Sie könnten prüfen:\n- Die Website",
        "Je n'ai trouvé aucun sponsor confirmé. Vous pouvez consulter :\n- Le site officiel",
        "No encontré patrocinadores confirmados. Puede consultar:\n- El sitio web oficial",
        (
            "I could find no evidence of sponsors for this conference. Recommended next steps:\n- Reach out to "
            "the organizer"
        ),
        (
            "Unfortunately, the exhibitor list is behind a login and could not be accessed.\n- "
            "https://anvilconf.io/exhibitors"
        ),
        (
            'No current CMO or marketing leader was found at Acme.\n\nSuggested searches:\n- "Acme CMO"\n- '
            '"Acme VP Marketing"'
        ),
        "I wasn't able to confirm the names of any executives.\n1. Check the About page\n2. Check LinkedIn",
        "Sponsors: none announced yet.\n\nTo stay informed:\n- Subscribe to the newsletter",
        "Sponsor information: Not available\n\nSources:\n- anvilconf.io",
        ("The search did not yield any relevant results.\n- Tried: AnvilConf sponsors\n- Tried: AnvilConf partners"),
        "No verified contacts.\n\nLimitations:\n- Paywalled sources",
        (
            "I apologize, but I couldn't retrieve the sponsor list.\n\n**What you can do:**\n- Visit "
            "anvilconf.io\n- Email the team"
        ),
        "There are currently no upcoming events listed.\n- Past: AnvilConf 2024\n- Past: AnvilConf 2025",
        "I couldn't find any events that match. Would you like me to search for events in:\n- Hamburg\n- Munich",
        "I have no knowledge of sponsors for 2027; the 2026 edition was sponsored by:\n- Acme\n- Globex",
        (
            "The event's sponsors aren't publicly known.\n\nHere are a few ideas for finding them:\n- Press\n- "
            "Social media"
        ),
    ],
)
def test_nothing_was_found(text: str) -> None:
    assert says_nothing_found(text)


@pytest.mark.parametrize(
    "text",
    [
        "I couldn't find the full list, but here are the confirmed sponsors:\n- Acme",
        "No platinum sponsors found. Gold: Acme, Globex",
        "Here are the sponsors:\n- Acme\n- Globex\n\nI couldn't find further sponsors.",
        "- Acme\n- Globex",
        "Acme, Globex and Initech",
        "The sponsors include Acme and Globex.",
        "I couldn't find email addresses, but the following people work at Acme:\n- Jane Doe, CEO",
        "I could not find LinkedIn profiles.\n- Jane Doe, CEO\n- Bo Ray, CTO",
        "I could not identify the CMO.\n- CEO: Jane Doe\n- CTO: John Smith",
        "I couldn't find an official list. However, I found the following sponsors:\n- Acme\n- Globex",
        "While there is no official sponsor list, the following companies are confirmed:\n1. Acme\n2. Globex",
        "## Platinum\nNone announced.\n\n## Gold\n- Acme\n- Globex",
        "Found:\n- Jane Doe, CEO",
        "Sponsors of AnvilConf:\n- Acme\n- Globex\n\nNo exhibitors were found.",
        (
            "AnvilConf 2026 sponsors:\n\n| Name | Tier |\n|---|---|\n| Acme | Gold |\n\nNote: I could not "
            "verify all of them."
        ),
        "I was not able to find a complete sponsor list. Confirmed sponsors:\n- Acme",
        "In no particular order:\n- Acme\n- Globex",
        "The exact tiers are not available.\n- Acme\n- Globex",
        "Not all sponsors have been announced yet. So far:\n- Acme\n- Globex",
        "No e-mail addresses are public.\n\n1. **Jane Doe** - CEO",
        "I could not find any additional sponsors beyond these:\n- Acme",
        "I couldn't confirm all tiers, but I did find these sponsors:\n- Acme (Gold)",
        "No official list was found, but Acme and Globex are confirmed sponsors.",
        "There is no doubt that these are the sponsors:\n- Acme",
        (
            "I couldn't find a consolidated list, but these sponsors were confirmed on the website (please "
            "verify):\n- Acme\n- Globex"
        ),
        "Name: Jane Doe\nTitle: CEO",
        "",
        "AnvilConf has not published attendance figures.\n\n### 1. AnvilConf 2026\n- Date: March 3",
        "Jane Doe, CEO",
        "Here are the sponsors I was able to find, although I couldn't verify all of them:\n- Acme\n- Globex",
        "I found 3 sponsors. I could not find tiers for them.\n- Acme\n- Globex\n- Initech",
        "AnvilConf 2027 is sponsored by Acme and Globex. No other sponsors were found.",
        "Sponsors:\nAcme\nGlobex\nInitech",
        "Although no official sponsor page exists, press releases confirm these sponsors:\n- Acme\n- Globex",
        ("While I couldn't find a sponsor page, the following companies were announced as sponsors:\n- Acme\n- Globex"),
        "Upcoming events:\n1. AnvilConf 2027 - Berlin\n2. CloudConf - Paris\n\nNo events were found in Munich.",
        "I couldn't find exact dates for all events.\n\n1. AnvilConf 2027\n2. CloudConf",
        "Not every executive lists an email.\n- Jane Doe, CEO\n- Bo Ray, CTO",
        "**Gold**\n- Acme\n\n**Silver**\nNone\n\n**Bronze**\n- Globex",
        "Jane Doe is the CEO. I could not find the CTO.",
        "The event has no title sponsor. Gold sponsors:\n- Acme\n- Globex",
        (
            "No sponsors were listed on the website, but a press release names Acme and Globex as sponsors:\n- "
            "Acme\n- Globex"
        ),
        "Acme, Globex",
        "I verified these without problems:\n- Acme\n- Globex",
        "Event details are not final. Confirmed so far:\n- AnvilConf 2027, Berlin, March 3-5",
        "There are no registration fees.\n- AnvilConf 2027",
        "1. Acme (Gold)\n2. Globex (no website found)",
        "- Acme: no tier listed\n- Globex: Gold",
        (
            "I have identified the following decision makers (LinkedIn URLs could not be verified):\n1. Jane "
            "Doe - CEO\n2. Bo Ray - CTO"
        ),
        "Please note that I cannot guarantee accuracy.\n\n- Acme\n- Globex",
        "I don't have access to live data, but as of 2026 the confirmed sponsors are:\n- Acme\n- Globex",
        "No Fluff Just Stuff 2027\n- Date: March 3",
        "Sponsors (no particular order):\n- Acme\n- Globex",
        (
            "I found two decision makers:\n- Jane Doe, CEO\n- Bo Ray, CTO\n\nI was unable to find a CFO. You "
            "could check:\n- LinkedIn"
        ),
        "Sponsors found so far (the list is not complete):\n- Acme\n- Globex",
        ("Here is what I found. Note that emails are not publicly available.\n\n1. Jane Doe — CEO\n2. Bo Ray — CTO"),
        "There are no diamond sponsors this year. The platinum sponsors are Acme and Globex.",
        "Acme does not publish emails.\n\nDecision makers:\n- Jane Doe, CEO",
        "I can't share private phone numbers, but here are public contacts:\n- Jane Doe, CEO",
        "AnvilConf is not to be missed!\n\n- Acme (Gold)\n- Globex (Silver)",
        "No duplicates were found.\n- Acme\n- Globex",
        "The agenda is not available yet. Sponsors:\n- Acme\n- Globex",
        "Could not verify the website for Globex.\n- Acme\n- Globex",
        "None of these companies has a LinkedIn page:\n- Acme\n- Globex",
        "The following events were found. No event in May matched.\n- AnvilConf 2027",
        "I couldn't find more than two sponsors:\n- Acme\n- Globex",
        "While not exhaustive, this list covers confirmed sponsors:\n- Acme\n- Globex",
    ],
)
def test_records_follow_or_only_a_part_is_missing(text: str) -> None:
    assert not says_nothing_found(text)


@given(st.text(max_size=300))
def test_takes_any_text(text: str) -> None:
    assert says_nothing_found(text) in (True, False)


@pytest.mark.parametrize(
    "piece",
    [
        *("no ", "I could not find ", "the following sponsors, ", "- a\n", "**", "not available ", "| a ", "(a: "),
        *("nicht ", "keine gefunden ", "no encontr ", "sponsors will be ", "based on the ", "sponsors of ", "a, "),
    ],
)
def test_long_texts_are_bounded(piece: str) -> None:
    with bounded():
        says_nothing_found(piece * (1_000_000 // len(piece)))
