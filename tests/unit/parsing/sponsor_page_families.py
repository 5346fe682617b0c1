# ruff: noqa: E501
"""Pages of many families of sites, with what real ones have around sponsors; companies and events are made up.

``FAMILIES`` are (name, address, html, sponsors), a sponsor (name, canonical tier, host of the website); ``NOBODY`` are
pages that look alike and list no sponsors.
"""

from __future__ import annotations

from collections.abc import Sequence

Listed = tuple[str, str | None, str | None]

FAMILIES: list[tuple[str, str, str, list[Listed]]] = []
NOBODY: list[tuple[str, str, str]] = []

_SPONSORS = "https://cloudconf.io/sponsors"
_NAV = '<header class="site-header"><a href="/" class="logo"><img src="/logo.svg" alt="CloudConf 2026"></a><nav><ul><li><a href="/">Home</a></li><li><a href="/speakers">Speakers</a></li><li><a href="/sponsors">Sponsors</a></li></ul></nav></header>'
_COOKIES = '<div id="cookie-banner" class="cc-window"><p>We use cookies and share data with our <a href="https://www.cookiebot.com">partners</a>.</p><button>Accept all</button></div>'
_FOOTER = '<footer class="site-footer"><div><h4>Organised by</h4><a href="https://orgacorp.com"><img src="/o.png" alt="OrgaCorp"></a></div><div><a href="https://apps.apple.com/app/id1"><img src="/appstore.svg" alt="Download on the App Store"></a><a href="https://play.google.com/store/apps/x"><img src="/gp.svg" alt="Get it on Google Play"></a></div><ul class="social"><li><a href="https://twitter.com/cc"><i class="fab fa-twitter"></i></a></li><li><a href="https://www.youtube.com/cc">YouTube</a></li></ul><p>© 2026 CloudConf. Powered by <a href="https://wordpress.org">WordPress</a></p></footer>'


def _around(body: str, lang: str = "en", title: str = "Sponsors – CloudConf 2026") -> str:
    """A page with a banner, a header and a footer."""
    head = f'<!doctype html><html lang="{lang}"><head><title>{title}</title></head>'
    return f"{head}<body>{_COOKIES}{_NAV}<main>{body}</main>{_FOOTER}</body></html>"


def _lists(name: str, html: str, sponsors: Sequence[Listed], url: str = _SPONSORS) -> None:
    FAMILIES.append((name, url, html, list(sponsors)))


def _nobody(name: str, html: str, url: str = _SPONSORS) -> None:
    NOBODY.append((name, url, html))


def _logos(
    name: str, lang: str, title: str, tiers: Sequence[tuple[str, Sequence[tuple[str, str]]]], sponsors: Sequence[Listed]
) -> None:
    """A page of headings above logos: ``tiers`` are (heading, [(name, host)])."""
    body = "".join(
        f"<h2>{tier}</h2>"
        + "".join(f'<a href="https://{host}"><img src="/l/{host}.png" alt="{who}"></a>' for who, host in logos)
        for tier, logos in tiers
    )
    _lists(name, _around(f"<h1>{title}</h1>{body}", lang, title), sponsors)


_lists(
    "gutenberg gallery",
    _around("""<h1 class="wp-block-heading">Sponsors</h1><h2 class="wp-block-heading has-text-align-center">Diamond+</h2>
<figure class="wp-block-gallery has-nested-images columns-3"><figure class="wp-block-image size-large"><a href="https://www.quantiva.com/?utm_source=cloudconf&utm_medium=logo"><img loading="lazy" width="1024" height="300" data-id="123" src="https://cloudconf.io/wp-content/uploads/2026/02/Quantiva_Logo_RGB-1024x300.png" alt="" class="wp-image-123"/></a></figure></figure>
<h2 class="wp-block-heading has-text-align-center">Gold Sponsors</h2>
<figure class="wp-block-gallery"><figure class="wp-block-image"><a href="https://brightforge.dev" target="_blank" rel="noreferrer noopener"><img src="/wp-content/uploads/2026/02/bf.svg" alt="BrightForge logo"/></a></figure><figure class="wp-block-image"><a href="https://lumenstack.io"><img src="/wp-content/uploads/2026/02/lumenstack-white-300x80.png" alt="lumenstack-white"/></a></figure></figure>"""),
    [
        ("Quantiva", "diamond+", "quantiva.com"),
        ("BrightForge", "gold", "brightforge.dev"),
        ("Lumenstack", "gold", "lumenstack.io"),
    ],
)

_lists(
    "elementor carousel clones",
    _around("""<div class="elementor-widget-heading"><h2 class="elementor-heading-title">Our Partners 2026</h2></div>
<div class="elementor-image-carousel-wrapper swiper"><div class="elementor-image-carousel swiper-wrapper">
<div class="swiper-slide swiper-slide-duplicate"><a href="https://nimbustech.com"><figure class="swiper-slide-inner"><img class="swiper-slide-image" src="/u/nimbus.png" alt="NimbusTech" /></figure></a></div>
<div class="swiper-slide"><a href="https://orbitalis.de"><figure class="swiper-slide-inner"><img class="swiper-slide-image" src="/u/orbitalis.png" alt="Orbitalis" /></figure></a></div>
<div class="swiper-slide"><a href="https://nimbustech.com"><figure class="swiper-slide-inner"><img class="swiper-slide-image" src="/u/nimbus.png" alt="NimbusTech" /></figure></a></div>
<div class="swiper-slide"><figure class="swiper-slide-inner"><img class="swiper-slide-image" src="/u/kestrel-data.png" alt="Kestrel Data" /></figure></div>
<div class="swiper-slide swiper-slide-duplicate"><a href="https://orbitalis.de"><figure><img src="/u/orbitalis.png" alt="Orbitalis" /></figure></a></div></div></div>"""),
    [
        ("NimbusTech", "partner", "nimbustech.com"),
        ("Orbitalis", "partner", "orbitalis.de"),
        ("Kestrel Data", "partner", None),
    ],
)

_lists(
    "wpbakery single images",
    _around("""<div class="vc_row"><div class="wpb_text_column"><div class="wpb_wrapper"><h3 style="text-align:center">PLATINUM</h3></div></div><div class="wpb_single_image"><div class="wpb_wrapper"><figure class="wpb_wrapper vc_figure"><a href="https://hexalane.com" class="vc_single_image-wrapper"><img width="300" height="100" src="/w/hexalane.png" class="vc_single_image-img" alt="" title="Hexalane"></a></figure></div></div></div>
<div class="vc_row"><div class="wpb_text_column"><div class="wpb_wrapper"><h3 style="text-align:center">SILVER</h3></div></div><div class="wpb_column vc_col-sm-4"><div class="wpb_single_image"><figure><div class="vc_single_image-wrapper"><img src="/w/Tern-Systems-Logo.png" alt="Tern-Systems-Logo"></div></figure></div></div><div class="wpb_column vc_col-sm-4"><div class="wpb_single_image"><figure><a href="https://opalgrid.net"><img src="/w/opal.png" alt="Image of OpalGrid"></a></figure></div></div></div>"""),
    [
        ("Hexalane", "platinum", "hexalane.com"),
        ("Tern Systems", "silver", None),
        ("OpalGrid", "silver", "opalgrid.net"),
    ],
)

_lists(
    "divi blurbs",
    _around("""<div class="et_pb_section"><div class="et_pb_text"><div class="et_pb_text_inner"><h2>Media partners</h2></div></div><div class="et_pb_row">
<div class="et_pb_blurb"><div class="et_pb_blurb_content"><div class="et_pb_main_blurb_image"><a href="https://devweekly.press"><span class="et_pb_image_wrap"><img src="/dw.png" alt=""></span></a></div><div class="et_pb_blurb_container"><h4 class="et_pb_module_header"><a href="https://devweekly.press">Dev Weekly</a></h4><div class="et_pb_blurb_description"><p>Weekly news for developers.</p></div></div></div></div>
<div class="et_pb_blurb"><div class="et_pb_blurb_content"><div class="et_pb_main_blurb_image"><a href="https://podstream.fm"><span><img src="/ps.png" alt=""></span></a></div><div class="et_pb_blurb_container"><h4 class="et_pb_module_header"><a href="https://podstream.fm">PodStream</a></h4><div><p>The podcast.</p></div></div></div></div></div></div>"""),
    [("Dev Weekly", "media partner", "devweekly.press"), ("PodStream", "media partner", "podstream.fm")],
)

_lists(
    "squarespace",
    _around("""<div class="sqs-block html-block"><div class="sqs-html-content"><h2>Lanyard sponsor</h2></div></div>
<div class="sqs-block image-block"><figure class="sqs-block-image-figure"><a class="sqs-block-image-link" href="https://cordwell.co"><img data-src="https://images.squarespace-cdn.com/content/v1/5f/1612345678/Cordwell+Logo.png" data-image="https://images.squarespace-cdn.com/content/v1/5f/Cordwell+Logo.png" alt="Cordwell Logo.png"></a></figure></div>
<div class="sqs-block html-block"><div class="sqs-html-content"><h2>Wi-Fi Sponsor</h2></div></div>
<div class="sqs-block image-block"><figure><a href="https://meshify.net"><img data-src="https://images.squarespace-cdn.com/content/v1/5f/ab12/meshify_dark.png" alt=""></a><figcaption class="image-caption-wrapper"><div class="image-caption"><p>Meshify Networks</p></div></figcaption></figure></div>"""),
    [("Cordwell", "lanyard", "cordwell.co"), ("Meshify Networks", "wi-fi", "meshify.net")],
)

_lists(
    "wix backgrounds",
    _around("""<section id="comp-k1" class="wixui-section"><div class="wixui-rich-text"><h2 class="font_2"><span>Our Sponsors</span></h2></div>
<div class="wixui-rich-text"><p class="font_8"><span style="font-weight:bold">Gold</span></p></div>
<div class="wixui-image"><a data-testid="linkElement" href="https://www.polarbit.com" target="_blank" class="j7pOnl"><wow-image data-image-info='{"imageData":{"uri":"a.png"}}'><img src="https://static.wixstatic.com/media/a1b2c3_d4e5f6~mv2.png/v1/fill/w_200,h_80/Polarbit%20Logo.png" alt="Polarbit"></wow-image></a></div>
<div class="wixui-image"><a href="https://sandpiper.ai"><wow-image><img src="https://static.wixstatic.com/media/a1b2c3_99~mv2.png/v1/fill/w_200/sandpiper.png" alt="sandpiper.png"></wow-image></a></div></section>"""),
    [("Polarbit", "gold", "polarbit.com"), ("Sandpiper", "gold", "sandpiper.ai")],
)

_lists(
    "webflow dyn",
    _around("""<div class="section"><h2 class="heading-2">Community Partners</h2><div class="w-dyn-list"><div role="list" class="sponsor-grid w-dyn-items">
<div role="listitem" class="w-dyn-item"><a href="https://rustbern.ch" target="_blank" class="link-block w-inline-block"><img src="https://cdn.prod.website-files.com/64/65_rb.svg" loading="lazy" alt="" class="img-logo"/><div class="text-block">Rust Bern</div></a></div>
<div role="listitem" class="w-dyn-item"><a href="https://datajunge.org" class="link-block w-inline-block"><img src="https://cdn.prod.website-files.com/64/66_dj.svg" alt=""/><div class="text-block">Data Junge</div></a></div></div></div></div>
<div class="section"><h2>Startup row</h2><div class="w-dyn-items"><div class="w-dyn-item"><a href="https://tinyml.dev" class="w-inline-block"><img src="x.svg" alt="TinyForge"/></a></div></div></div>"""),
    [
        ("Rust Bern", "community partner", "rustbern.ch"),
        ("Data Junge", "community partner", "datajunge.org"),
        ("TinyForge", "startup row", "tinyml.dev"),
    ],
)

_lists(
    "devoxx like",
    _around("""<div class="partners"><h2 class="level-title">Premium Partners</h2><div class="partner-logos"><a class="partner" href="https://javaforge.be" title="JavaForge"><span class="partner-logo" style="background-image: url('https://s3.amazonaws.com/x/javaforge-abc123.png')"></span></a><a class="partner" href="https://beanstalkers.be" title="Beanstalkers"><span class="partner-logo" style="background-image: url('https://s3.amazonaws.com/x/bs.png')"></span></a></div>
<h2 class="level-title">Exhibitors</h2><div class="partner-logos"><a class="partner" href="https://kotlinos.nl" title="Kotlinos"><span style="background-image:url(/k.png)"></span></a></div></div>"""),
    [
        ("JavaForge", "premium partner", "javaforge.be"),
        ("Beanstalkers", "premium partner", "beanstalkers.be"),
        ("Kotlinos", "exhibitor", "kotlinos.nl"),
    ],
)

_lists(
    "pycon like with descriptions",
    _around("""<h1>Our Sponsors</h1><div class="sponsor-level"><h2>Visionary Sponsors</h2>
<div class="sponsor-entry" id="sponsor-1"><div class="sponsor-logo"><a href="https://serpentine.io/" ><img src="/media/sponsor_files/serpentine.png" alt="Serpentine"></a></div><h3>Serpentine, Inc.</h3><p>Serpentine is the leading platform for snakes. Read <a href="https://serpentine.io/blog">our blog</a> or follow <a href="https://twitter.com/serp">@serp</a>. We love <a href="https://python.org">Python</a>.</p></div>
<div class="sponsor-entry" id="sponsor-2"><div class="sponsor-logo"><a href="https://cobra-labs.com/" ><img src="/media/sponsor_files/c.png" alt="Cobra Labs"></a></div><h3>Cobra Labs</h3><p>Cobra Labs was founded in 2001 and is hiring.</p></div></div>
<div class="sponsor-level"><h2>Supporting organisations</h2><ul><li><a href="https://pyladies-made-up.org">PyFriends</a></li><li><a href="https://numfocused.org">NumFriends Foundation</a></li></ul></div>"""),
    [
        ("Serpentine, Inc.", "visionary", "serpentine.io"),
        ("Cobra Labs", "visionary", "cobra-labs.com"),
        ("PyFriends", "supporting organisations", "pyladies-made-up.org"),
        ("NumFriends Foundation", "supporting organisations", "numfocused.org"),
    ],
)

_lists(
    "hoverboard polymer",
    _around("""<div class="partners-block"><h1 class="container-title">Partners</h1><h4 class="block-title">General partner</h4><div class="logos-wrapper"><a class="logo-item" href="https://gridlane.com" target="_blank" title="Gridlane"><plastic-image class="logo-img"><img src="/images/logos/gridlane.svg" alt="Gridlane"></plastic-image></a></div>
<h4 class="block-title">In-kind</h4><div class="logos-wrapper"><a class="logo-item" href="https://pizzamaker.it" title="PizzaMaker"><img src="/images/logos/pm.svg" alt="PizzaMaker"></a></div></div>"""),
    [("Gridlane", "general partner", "gridlane.com"), ("PizzaMaker", "in-kind", "pizzamaker.it")],
)

_lists(
    "sched exhibitors",
    """<html><head><title>CloudConf 2026: Exhibitors</title></head><body><div id="sched-page-nav"><a href="/">Schedule</a><a href="/directory/speakers">Speakers</a><a href="/directory/exhibitors">Exhibitors</a></div><div class="sched-container"><h1>Exhibitors</h1>
<div class="sched-person"><div class="sched-person-photo"><a href="/company/ferrous_systems.1a2b"><img src="//avatars.sched.co/a/1.jpg" alt="avatar for Ferrous Works"></a></div><h2><a href="/company/ferrous_systems.1a2b">Ferrous Works</a></h2><div class="sched-event-details-role">Gold Sponsor</div></div>
<div class="sched-person"><div class="sched-person-photo"><a href="/company/bluewave.1a2c"><img src="//avatars.sched.co/a/2.jpg" alt="avatar for Bluewave"></a></div><h2><a href="/company/bluewave.1a2c">Bluewave</a></h2><div class="sched-event-details-role">Silver Sponsor</div></div></div></body></html>""",
    [("Ferrous Works", "gold", None), ("Bluewave", "silver", None)],
    "https://cloudconf2026.sched.com/directory/exhibitors",
)

_lists(
    "bizzabo",
    _around("""<section class="sponsors-widget"><h2 class="widget-title">Sponsors</h2><div class="sponsor-category"><h3 class="category-title">Headline Sponsor</h3><ul class="sponsor-list"><li class="sponsor"><a href="#sponsor-11" class="sponsor-link" aria-label="Verdant AI"><img src="https://cdn.bizzabo.com/11.png" alt="Verdant AI"></a><div class="modal" id="sponsor-11"><h4>Verdant AI</h4><p>Verdant AI plants models.</p><a href="https://verdant.ai">Website</a><a href="https://www.linkedin.com/company/verdant-ai">LinkedIn</a></div></li></ul></div>
<div class="sponsor-category"><h3 class="category-title">Networking Sponsors</h3><ul class="sponsor-list"><li class="sponsor"><a href="https://minglehub.com" aria-label="MingleHub (opens in a new tab)"><img src="https://cdn.bizzabo.com/12.png" alt=""></a></li></ul></div></section>"""),
    [("Verdant AI", "headline", "verdant.ai"), ("MingleHub", "networking", "minglehub.com")],
)

_lists(
    "luma hosted by",
    """<html><head><title>AI Night · Luma</title></head><body><h1>AI Night</h1><div><div class="title">Hosted By</div><a href="/user/jane"><div class="avatar" style="background-image:url(https://images.lumacdn.com/av/1.png)"></div><div>Jane Miller</div></a></div><div class="content"><h2>Agenda</h2><p>6 pm Doors</p><h2>Sponsors</h2><p>Thanks to our sponsors <a href="https://vectordepot.com">VectorDepot</a> and <a href="https://promptly.so">Promptly</a> for food and drinks.</p></div></body></html>""",
    [("VectorDepot", None, "vectordepot.com"), ("Promptly", None, "promptly.so")],
    "https://lu.ma/ainight",
)

_lists(
    "cvent table exhibitors",
    _around(
        """<h1>Exhibitor List</h1><table class="exhibitors"><thead><tr><th>Exhibitor</th><th>Booth</th><th>Category</th></tr></thead><tbody><tr><td><a href="/exhibitor/1">Actuate Medical</a></td><td>101</td><td>Devices</td></tr><tr><td><a href="/exhibitor/2">Bionexa GmbH</a></td><td>102</td><td>Diagnostics</td></tr><tr><td>Cardiolytics</td><td>103</td><td>Software</td></tr></tbody></table>""",
        title="Exhibitors",
    ),
    [("Actuate Medical", None, None), ("Bionexa GmbH", None, None), ("Cardiolytics", None, None)],
    "https://medexpo.org/exhibitors",
)

_lists(
    "fosdem like table",
    """<html><head><title>FreeDem 2026 - Sponsors</title></head><body><div id="main"><h1>Sponsors</h1><h2>Cornerstone sponsors</h2><table class="sponsors"><tr><td><a href="https://penguinworks.com/"><img src="/2026/support/sponsors/penguinworks.png" alt="Penguin Works" title="Penguin Works"></a></td><td><a href="https://gnuhat.com/"><img src="/2026/support/sponsors/gnuhat.png" alt="GnuHat"></a></td></tr></table><h2>Hosting</h2><table class="sponsors"><tr><td><a href="https://univ-inventee.be"><img src="/ulb.png" alt="Univ Inventée"></a></td></tr></table><h2>Video hosting</h2><p>With thanks to <a href="https://mirrornet.be">MirrorNet</a>.</p></div></body></html>""",
    [
        ("Penguin Works", "cornerstone", "penguinworks.com"),
        ("GnuHat", "cornerstone", "gnuhat.com"),
        ("Univ Inventée", "hosting", "univ-inventee.be"),
        ("MirrorNet", "video hosting", "mirrornet.be"),
    ],
    "https://freedem.org/2026/sponsors/",
)

_lists(
    "drupal views",
    _around("""<h1 class="page-header">Sponsors</h1><div class="view view-sponsors view-id-sponsors"><div class="view-content"><h3>Hosting Partner</h3><div class="views-row"><div class="views-field views-field-field-logo"><div class="field-content"><a href="/sponsor/dropletworks"><img src="/sites/default/files/styles/medium/public/dropletworks.png?itok=x" width="220" height="80" alt="Dropletworks"></a></div></div><div class="views-field views-field-field-url"><span class="views-label">Website: </span><span class="field-content"><a href="https://dropletworks.eu">dropletworks.eu</a></span></div></div>
<h3>Module Sponsors</h3><div class="views-row"><div class="views-field views-field-title"><span class="field-content"><a href="/sponsor/hooked">Hooked Agency</a></span></div><div class="views-field"><a href="https://hooked.agency"><img src="/sites/hooked.png" alt=""></a></div></div></div></div>"""),
    [("Dropletworks", "hosting partner", "dropletworks.eu"), ("Hooked Agency", "module", "hooked.agency")],
)

_lists(
    "nextjs image",
    _around("""<section id="sponsors"><h2>Sponsors</h2><h3>Platinum</h3><div class="grid"><a href="https://edgecache.io" target="_blank"><span><img alt="" src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" data-nimg="fixed"/><noscript><img alt="" srcSet="/_next/image?url=%2Fsponsors%2Fedgecache.svg&amp;w=256&amp;q=75 1x" src="/_next/image?url=%2Fsponsors%2Fedgecache.svg&amp;w=640&amp;q=75"/></noscript></span></a>
<a href="https://gophercloud.dev"><img alt="" src="/_next/image?url=%2Fsponsors%2Fgopher-cloud-logo.png&amp;w=640&amp;q=75"/></a><div><img alt="" src="/_next/image?url=%2Fsponsors%2Ftidalwave.png&amp;w=640&amp;q=75"/></div></div></section>"""),
    [
        ("Edgecache", "platinum", "edgecache.io"),
        ("Gopher Cloud", "platinum", "gophercloud.dev"),
        ("Tidalwave", "platinum", None),
    ],
)

_lists(
    "lazy 1x1",
    _around(
        """<h2>Coffee sponsor</h2><a href="https://roastery.coffee"><img src="data:image/gif;base64,R0lGOD" data-srcset="/l/roastery-300.png 300w, /l/roastery-600.png 600w" alt="Roastery &amp; Sons"></a><h2>Bronze</h2><a href="https://kilnfire.com"><picture><source srcset="/l/kf.webp" type="image/webp"><img class="lazyload" src="/pixel.gif" data-src="/l/kilnfire-logo-color.png" alt=""></picture></a>"""
    ),
    [("Roastery & Sons", "coffee", "roastery.coffee"), ("Kilnfire", "bronze", "kilnfire.com")],
)

_lists(
    "svg and sprites",
    _around(
        """<h2>Gold</h2><ul class="logos"><li><a href="https://vectory.com"><svg viewBox="0 0 10 10" role="img" aria-labelledby="t1"><title id="t1">Vectory logo</title><path d="M0 0"/></svg></a></li><li><a href="https://spritely.io" class="sprite sprite-spritely" aria-label="Spritely"></a></li><li><a href="https://hiddentext.co" class="logo-ht"><span class="visually-hidden">HiddenText Co</span></a></li></ul>"""
    ),
    [
        ("Vectory", "gold", "vectory.com"),
        ("Spritely", "gold", "spritely.io"),
        ("hiddentext.co", "gold", "hiddentext.co"),
    ],
)

_lists(
    "accordion modals",
    _around("""<h1>Meet our sponsors</h1><h2>Silver Sponsors</h2><div class="accordion"><div class="accordion-item"><h3 class="accordion-header"><button class="accordion-button" type="button">Ironwood Analytics</button></h3><div class="accordion-collapse collapse"><div class="accordion-body"><img src="/iw.png" alt="Ironwood Analytics"><p>Ironwood Analytics helps banks see.</p><a href="https://ironwood.ai">Visit</a></div></div></div>
<div class="accordion-item"><h3 class="accordion-header"><button class="accordion-button" type="button">Maple Secure</button></h3><div class="accordion-collapse collapse"><div class="accordion-body"><p>Maple Secure protects.</p><a href="https://maplesecure.ca">maplesecure.ca</a></div></div></div></div>"""),
    [("Ironwood Analytics", "silver", "ironwood.ai"), ("Maple Secure", "silver", "maplesecure.ca")],
)

_lists(
    "mobile and desktop",
    _around(
        """<section class="d-none d-md-block"><h2>Gold sponsors</h2><a href="https://twinlog.com"><img src=t.png alt="Twinlog"></a><a href="https://dualis.fr"><img src=d.png alt="Dualis"></a></section><section class="d-md-none"><h2>Gold sponsors</h2><a href="https://twinlog.com"><img src=t.png alt="Twinlog"></a><a href="https://dualis.fr"><img src=d.png alt="Dualis"></a></section>"""
    ),
    [("Twinlog", "gold", "twinlog.com"), ("Dualis", "gold", "dualis.fr")],
)

_lists(
    "redirects and networks as links",
    _around(
        """<h2>Gold</h2><a href="https://www.linkedin.com/company/northbeam-x"><img alt="Northbeam" src=n.png></a><a href="https://bit.ly/3abc"><img alt="Shortline" src=s.png></a><a href="https://www.google.com/url?q=https://wraparound.com/&sa=D"><img alt="Wraparound" src=w.png></a><a href="https://l.facebook.com/l.php?u=https%3A%2F%2Ffacewell.com"><img alt="Facewell" src=f.png></a><a href="https://github.com/gitforge-inc"><img alt="Gitforge" src=g.png></a><a href="https://click.hubspotmail.net/ev?x=1"><img alt="Clicky" src=c.png></a>"""
    ),
    [
        ("Northbeam", "gold", None),
        ("Shortline", "gold", None),
        ("Wraparound", "gold", "wraparound.com"),
        ("Facewell", "gold", "facewell.com"),
        ("Gitforge", "gold", None),
        ("Clicky", "gold", None),
    ],
)

_lists(
    "bold lists in text",
    _around(
        """<h1>Sponsors</h1><p>Gold: <strong>Aldermoor</strong>, <strong>Birchfield Ltd.</strong></p><p>Silver: Cedarline, Dogwood Data and Elmtree</p><ul><li>Bronze – Firside</li><li>Bronze – Gorse &amp; Co</li></ul>"""
    ),
    [
        ("Aldermoor", "gold", None),
        ("Birchfield Ltd.", "gold", None),
        ("Cedarline", "silver", None),
        ("Dogwood Data", "silver", None),
        ("Elmtree", "silver", None),
        ("Firside", "bronze", None),
        ("Gorse & Co", "bronze", None),
    ],
)

_lists(
    "parenthesised tiers",
    _around(
        """<h1>Sponsors</h1><ul><li>Hazelwood (Platinum)</li><li><a href="https://ivywall.com">Ivywall</a> (Gold)</li><li>Juniper Lane – Silver Sponsor</li></ul>"""
    ),
    [("Hazelwood", "platinum", None), ("Ivywall", "gold", "ivywall.com"), ("Juniper Lane", "silver", None)],
)

_lists(
    "plain lines br",
    _around(
        """<h1>Sponsors</h1><h3>Gold</h3><p>Kelpworks<br>Larch Logic<br>Mosscode GmbH</p><h3>Silver</h3><p>Nettle Networks</p><p>Oakhurst</p>"""
    ),
    [
        ("Kelpworks", "gold", None),
        ("Larch Logic", "gold", None),
        ("Mosscode GmbH", "gold", None),
        ("Nettle Networks", "silver", None),
        ("Oakhurst", "silver", None),
    ],
)

_lists(
    "dl",
    _around(
        """<h1>Sponsors</h1><dl><dt>Platinum</dt><dd>Pinewood Pay, Quince Labs</dd><dt>Supporters</dt><dd>Rowan Trust</dd></dl>"""
    ),
    [("Pinewood Pay", "platinum", None), ("Quince Labs", "platinum", None), ("Rowan Trust", "supporter", None)],
)

_lists(
    "table tier rows",
    _around(
        """<h1>Sponsors</h1><table><tr><th colspan="2">Gold</th></tr><tr><td>Sequoia Sys</td><td><a href="https://sequoiasys.com">www.sequoiasys.com</a></td></tr><tr><td>Tamarack</td><td>tamarack.io</td></tr><tr><th colspan="2">Silver</th></tr><tr><td>Umbra Data</td><td><a href="https://umbradata.eu">umbradata.eu</a></td></tr></table>"""
    ),
    [
        ("Sequoia Sys", "gold", "sequoiasys.com"),
        ("Tamarack", "gold", "tamarack.io"),
        ("Umbra Data", "silver", "umbradata.eu"),
    ],
)

_lists(
    "table header first column tiers",
    _around(
        """<h1>Sponsors</h1><table><tr><td><b>Gold</b></td><td>Viburnum, Willow Health</td></tr><tr><td><b>Silver</b></td><td>Xylo</td></tr></table>"""
    ),
    [("Viburnum", "gold", None), ("Willow Health", "gold", None), ("Xylo", "silver", None)],
)

_lists(
    "internal profiles w external",
    _around(
        """<h1>Our sponsors</h1><h2>Gold</h2><div class="sponsor-card"><a href="/sponsors/yarrow"><img src="/i/logo-yarrow-white.png" alt="logo-yarrow-white.png"></a><p>Yarrow grows.</p><a href="/sponsors/yarrow">Read more</a></div><div class="sponsor-card"><a href="/sponsors/zinnia-bank"><img src="/i/z.png" alt="Zinnia Bank Inc. – Gold Sponsor"></a><a href="/sponsors/zinnia-bank">Read more</a></div>"""
    ),
    [("Yarrow", "gold", None), ("Zinnia Bank Inc.", "gold", None)],
)

_lists(
    "past years and prospectus",
    _around(
        """<h1>2026 Sponsors</h1><h2>Gold</h2><a href="https://alpenglow.at"><img alt="Alpenglow" src=a.png></a><h2>2025 sponsors</h2><a href="https://bygone.com"><img alt="Bygone Ltd" src=b.png></a><h2>Become a sponsor</h2><p>Reach 2,000 developers.</p><table><tr><th>Benefit</th><th>Gold €10,000</th><th>Silver €5,000</th></tr><tr><td>Logo on website</td><td>✔</td><td>✔</td></tr><tr><td>Booth</td><td>3x3 m</td><td>2x2 m</td></tr></table><div class="pricing"><div class="plan"><h3>Gold</h3><p>€10,000</p><ul><li>Booth</li><li>5 tickets</li><li>Talk of 20 minutes</li></ul></div><div class="plan"><h3>Silver</h3><p>€5,000</p><ul><li>2 tickets</li></ul></div></div><h2>What sponsors say</h2><blockquote><p>Great event!</p><cite>Maria Gomez, <a href="https://quoted.com">Quoted Inc</a></cite></blockquote>"""
    ),
    [("Alpenglow", "gold", "alpenglow.at")],
)

_lists(
    "home page with everything",
    _around(
        """<section class="hero"><h1>CloudConf 2026</h1><a class="btn" href="https://pretix.eu/cc">Tickets</a></section><section id="as-seen"><h3>As seen in</h3><a href="https://techdaily.com"><img src=td.png alt="Tech Daily"></a></section><section id="speakers"><h2>Speakers</h2><div class="speaker"><img src=j.jpg alt="John Roe"><h4>John Roe</h4><p>CTO, <a href="https://roeworks.com">Roeworks</a></p></div></section><section id="partners"><h2>Partners</h2><div class="tier"><h3>Main partner</h3><a href="https://firstpay.cz"><img src=f.png alt="FirstPay"></a></div><div class="tier"><h3>Partner hotels</h3><a href="https://grandhotel.cz"><img src=g.png alt="Grand Hotel Praha"></a></div><div class="tier"><h3>Media partners</h3><a href="https://lupka.cz"><img src=l.png alt="Lupka"></a></div></section><section><h2>Testimonials</h2><div class="t"><img src=m.jpg alt="Mary Major"><p>Loved it</p><a href="https://majorcorp.com">Major Corp</a></div></section><section><h2>Venue</h2><a href="https://kongres.cz"><img src=k.jpg alt="Kongres Centrum"></a></section>""",
        title="CloudConf 2026",
    ),
    [("FirstPay", "main partner", "firstpay.cz"), ("Lupka", "media partner", "lupka.cz")],
    "https://cloudconf.io/",
)

_logos(
    "pl",
    "pl",
    "Nasi sponsorzy",
    [
        ("Złoci sponsorzy", [("Bursztyn Tech", "bursztyn.pl")]),
        ("Srebrny sponsor", [("Wisła Soft", "wislasoft.pl")]),
        ("Patroni medialni", [("Gazeta IT", "gazetait.pl")]),
        ("Zostań sponsorem", [("Formularz", "forms.office.com")]),
    ],
    [
        ("Bursztyn Tech", "gold", "bursztyn.pl"),
        ("Wisła Soft", "silver", "wislasoft.pl"),
        ("Gazeta IT", "media patron", "gazetait.pl"),
    ],
)
_logos(
    "sv",
    "sv",
    "Våra sponsorer",
    [
        ("Guldsponsorer", [("Fjäll Data", "fjalldata.se")]),
        ("Silversponsor", [("Norrsken Pay", "norrskenpay.se")]),
        ("Samarbetspartners", [("Lund IT", "lundit.se")]),
        ("Bli sponsor", []),
    ],
    [
        ("Fjäll Data", "gold", "fjalldata.se"),
        ("Norrsken Pay", "silver", "norrskenpay.se"),
        ("Lund IT", "samarbetspartners", "lundit.se"),
    ],
)
_logos(
    "nl",
    "nl",
    "Onze sponsoren",
    [
        ("Gouden sponsors", [("Polder Cloud", "poldercloud.nl")]),
        ("Zilveren sponsor", [("Tulp Data", "tulpdata.nl")]),
        ("Mediapartners", [("Krant Online", "krantonline.nl")]),
    ],
    [
        ("Polder Cloud", "gold", "poldercloud.nl"),
        ("Tulp Data", "silver", "tulpdata.nl"),
        ("Krant Online", "media partner", "krantonline.nl"),
    ],
)
_logos(
    "ja",
    "ja",
    "スポンサー一覧",
    [
        ("プラチナスポンサー", [("株式会社ミドリ", "midori.co.jp")]),
        ("ゴールドスポンサー", [("アオイ株式会社", "aoi.jp")]),
        ("メディアパートナー", [("テック新聞", "tech-shinbun.jp")]),
        ("スポンサー募集", [("お問い合わせ", "forms.gle")]),
    ],
    [
        ("株式会社ミドリ", "platinum", "midori.co.jp"),
        ("アオイ株式会社", "gold", "aoi.jp"),
        ("テック新聞", "media partner", "tech-shinbun.jp"),
    ],
)
_logos(
    "zh",
    "zh-CN",
    "赞助商",
    [
        ("钻石赞助商", [("蓝海科技", "lanhai.cn")]),
        ("金牌赞助商", [("云上数据", "yunshang.com.cn")]),
        ("合作媒体", [("开发者周刊", "devweekly.cn")]),
    ],
    [
        ("蓝海科技", "diamond", "lanhai.cn"),
        ("云上数据", "gold", "yunshang.com.cn"),
        ("开发者周刊", "media partner", "devweekly.cn"),
    ],
)
_logos(
    "ko",
    "ko",
    "후원사",
    [("골드 스폰서", [("한빛데이터", "hanbitdata.kr")]), ("실버 스폰서", [("누리소프트", "nurisoft.co.kr")])],
    [("한빛데이터", "gold", "hanbitdata.kr"), ("누리소프트", "silver", "nurisoft.co.kr")],
)
_logos(
    "pt",
    "pt-BR",
    "Patrocinadores",
    [
        ("Patrocinador Ouro", [("Jacarandá", "jacaranda.com.br")]),
        ("Prata", [("Ipê Pagamentos", "ipepag.com.br")]),
        ("Apoio", [("Comunidade Sul", "comunidadesul.org")]),
        ("Seja um patrocinador", [("Baixe o PDF", "drive.google.com")]),
    ],
    [
        ("Jacarandá", "gold", "jacaranda.com.br"),
        ("Ipê Pagamentos", "silver", "ipepag.com.br"),
        ("Comunidade Sul", "apoio", "comunidadesul.org"),
    ],
)
_logos(
    "fr",
    "fr",
    "Nos partenaires",
    [
        ("Or", [("Lumière Cloud", "lumierecloud.fr")]),
        ("Argent", [("Garonne", "garonne.io")]),
        ("Partenaires médias", [("Le Dev Quotidien", "ledevquotidien.fr")]),
        ("Éditions précédentes", [("Vieux Pont", "vieuxpont.fr")]),
    ],
    [
        ("Lumière Cloud", "gold", "lumierecloud.fr"),
        ("Garonne", "silver", "garonne.io"),
        ("Le Dev Quotidien", "media partner", "ledevquotidien.fr"),
    ],
)
_logos(
    "cs ru",
    "ru",
    "Спонсоры",
    [
        ("Золотой спонсор", [("Берёза", "bereza.ru")]),
        ("Серебряные спонсоры", [("Ладога", "ladoga.ru")]),
        ("Информационные партнёры", [("КодЖурнал", "codejournal.ru")]),
    ],
    [
        ("Берёза", "gold", "bereza.ru"),
        ("Ладога", "silver", "ladoga.ru"),
        ("КодЖурнал", "media partner", "codejournal.ru"),
    ],
)
_logos(
    "it",
    "it",
    "I nostri sponsor",
    [
        ("Oro", [("Ginestra", "ginestra.it")]),
        ("Sponsor tecnici", [("Vela Software", "velasoftware.it")]),
        ("Con il patrocinio di", [("Comune Finto", "comunefinto.it")]),
    ],
    [
        ("Ginestra", "gold", "ginestra.it"),
        ("Vela Software", "tecnici", "velasoftware.it"),
        ("Comune Finto", "con il patrocinio di", "comunefinto.it"),
    ],
)
_logos(
    "de",
    "de",
    "Sponsoren & Partner",
    [
        ("Hauptsponsor", [("Kranich AG", "kranich.ag")]),
        ("Premiumpartner", [("Dachs Software", "dachs.software")]),
        ("Goldpartner", [("Igel IT", "igel-it.de")]),
        ("Aussteller", [("Marder Messtechnik", "marder.de")]),
        ("Unterstützer", [("Verein Freie Wolken e.V.", "freiewolken.de")]),
        ("Veranstalter", [("Orga GmbH", "orga.de")]),
    ],
    [
        ("Kranich AG", "main", "kranich.ag"),
        ("Dachs Software", "premium partner", "dachs.software"),
        ("Igel IT", "gold partner", "igel-it.de"),
        ("Marder Messtechnik", "aussteller", "marder.de"),
        ("Verein Freie Wolken e.V.", "unterstützer", "freiewolken.de"),
    ],
)
_logos(
    "da",
    "da",
    "Sponsorer",
    [("Guldsponsorer", [("Fyn Data", "fyndata.dk")]), ("Sølvsponsorer", [("Aarhus Labs", "aarhuslabs.dk")])],
    [("Fyn Data", "gold", "fyndata.dk"), ("Aarhus Labs", "silver", "aarhuslabs.dk")],
)
_logos(
    "tr",
    "tr",
    "Sponsorlar",
    [
        ("Altın Sponsorlar", [("Boğaz Yazılım", "bogazyazilim.com.tr")]),
        ("Gümüş Sponsorlar", [("Ege Veri", "egeveri.com.tr")]),
    ],
    [("Boğaz Yazılım", "gold", "bogazyazilim.com.tr"), ("Ege Veri", "silver", "egeveri.com.tr")],
)
_logos(
    "odd tiers",
    "en",
    "Sponsors",
    [
        ("Terabyte", [("Octet", "octet.io")]),
        ("Silver & Co-Host", [("Nibble Inc", "nibble.inc")]),
        ("Swag Partner", [("Shirtly", "shirtly.com")]),
        ("Afterparty Sponsor", [("Barrels", "barrels.beer")]),
        ("Hosted by", [("HostOrg", "hostorg.com")]),
        ("Organizers", [("OrgaTeam", "orgateam.org")]),
    ],
    [
        ("Octet", "terabyte", "octet.io"),
        ("Nibble Inc", "silver & co-host", "nibble.inc"),
        ("Shirtly", "swag partner", "shirtly.com"),
        ("Barrels", "afterparty", "barrels.beer"),
    ],
)

_lists(
    "tabs with panels",
    _around(
        """<h1>Exhibitors & Sponsors</h1><ul class="nav nav-tabs" role="tablist"><li><button role="tab" id="gold-tab">Gold</button></li><li><button role="tab" id="silver-tab">Silver</button></li></ul><div class="tab-content"><div class="tab-pane active" role="tabpanel" aria-labelledby="gold-tab" id="gold"><a href="https://paneltech.com"><img src=p.png alt="Paneltech"></a></div><div class="tab-pane" role="tabpanel" aria-labelledby="silver-tab" id="silver"><a href="https://tabulon.com"><img src=t.png alt="Tabulon"></a></div></div>"""
    ),
    [("Paneltech", "gold", "paneltech.com"), ("Tabulon", "silver", "tabulon.com")],
)
_lists(
    "cards tier class",
    _around(
        """<h1>Sponsors</h1><div class="sponsor-list"><div class="sponsor sponsor--platinum"><a href="https://classy.dev"><img src="c.png" alt="Classy Dev"></a></div><div class="sponsor sponsor--gold"><a href="https://subtle.dev"><img src="s.png" alt="Subtle"></a><span class="sr-only">Gold</span></div></div>"""
    ),
    [("Classy Dev", "platinum", "classy.dev"), ("Subtle", "gold", "subtle.dev")],
)
_lists(
    "figures with captions only",
    _around(
        """<h1>With thanks to our supporters</h1><figure><img src="/a/1.png" alt=""><figcaption>Meadow Mutual</figcaption></figure><figure><img src="/a/2.png" alt=""><figcaption><a href="https://heathfield.org">Heathfield Foundation</a></figcaption></figure><figure><img src="/a/3.png" alt=""><figcaption>City of Brookhaven</figcaption></figure>"""
    ),
    [
        ("Meadow Mutual", None, None),
        ("Heathfield Foundation", None, "heathfield.org"),
        ("City of Brookhaven", None, None),
    ],
)
_lists(
    "swapcard spans",
    """<html><head><title>Exhibitors | BigShow</title></head><body><div id="root"><h1>Exhibitors</h1><ul class="sc-1"><li><a href="/event/bs/exhibitor/RXhoaWI=1"><div class="sc-2"><img src="https://static.swapcard.com/public/images/aa.png" alt=""></div><span class="sc-3">Helix Optics</span><span class="sc-4">Stand C12</span></a></li><li><a href="/event/bs/exhibitor/RXhoaWI=2"><div class="sc-2"><img src="https://static.swapcard.com/public/images/ab.png" alt=""></div><span class="sc-3">Ionis Mühle AG</span><span class="sc-4">Stand C13</span></a></li><li><a href="/event/bs/exhibitor/RXhoaWI=3"><div class="sc-2"></div><span class="sc-3">Jettison</span><span class="sc-4">Stand C14</span></a></li></ul></div></body></html>""",
    [("Helix Optics", None, None), ("Ionis Mühle AG", None, None), ("Jettison", None, None)],
    "https://app.swapcard.com/event/bs/exhibitors",
)
_lists(
    "eventbrite description",
    """<html><head><title>Data Day Tickets | Eventbrite</title></head><body><h1>Data Day</h1><div class="organizer"><h3>Organized by</h3><a href="/o/dd-1">Data Day Org</a></div><div class="structured-content"><p>Join us!</p><h2>Our Sponsors</h2><p><strong>Gold Sponsor</strong></p><p><a href="https://lakehouse.co">Lakehouse Co</a></p><p><strong>Silver Sponsors</strong></p><p>Stream Labs, Batch &amp; Sons</p></div><h2>Other events you may like</h2><ul><li><a href="https://www.eventbrite.com/e/x"><img src=x alt="AI Meetup primary image"></a></li></ul></body></html>""",
    [("Lakehouse Co", "gold", "lakehouse.co"), ("Stream Labs", "silver", None), ("Batch & Sons", "silver", None)],
    "https://www.eventbrite.com/e/data-day-1",
)

_nobody(
    "team",
    _around(
        '<h1>Our team</h1><div class="m"><img src=a.jpg alt="Ann Lee"><h3>Ann Lee</h3><a href="https://annlee.dev">Web</a></div><div class="m"><img src=b.jpg alt="Bo Kim"><h3>Bo Kim</h3></div>',
        title="Team",
    ),
    "https://cloudconf.io/team",
)
_nobody(
    "trusted by",
    _around(
        '<h1>The platform for events</h1><h2>Trusted by</h2><ul><li><img src=a.png alt="Acme"></li><li><a href="https://globex.com"><img src=b.png alt="Globex"></a></li></ul><h2>As seen in</h2><a href="https://techdaily.com"><img src=c.png alt="TechDaily"></a><h2>Our customers</h2><a href="https://initech.com"><img src=b.png alt="Initech"></a>',
        title="Eventful",
    ),
    "https://eventful.io/",
)
_nobody(
    "speakers",
    _around(
        "<h1>Speakers</h1><ul>"
        + "".join(
            f'<li><a href="/speakers/{i}"><img src={i}.jpg alt="Speaker {c}"><h3>{c}</h3><p>CTO at Firm{i}</p></a></li>'
            for i, c in enumerate(["Ada Moss", "Ben Fry", "Cy Orr"])
        )
        + "</ul>",
        title="Speakers",
    ),
    "https://cloudconf.io/speakers",
)
_nobody(
    "become sponsor page",
    _around(
        '<h1>Sponsor CloudConf</h1><p>Download our prospectus.</p><h2>Packages</h2><div><h3>Gold</h3><ul><li>Logo on website</li><li>Keynote</li></ul></div><div><h3>Silver</h3><ul><li>Two tickets</li></ul></div><h2>Contact</h2><p>Write to <a href="mailto:x@y.z">Jane</a></p>',
        title="Sponsorship",
    ),
    "https://cloudconf.io/sponsorship",
)
_nobody(
    "schedule",
    _around(
        "<h1>Schedule</h1><table><tr><th>Time</th><th>Talk</th></tr><tr><td>9:00</td><td>Opening: Welcome</td></tr><tr><td>10:00</td><td>Sponsored session: Observability</td></tr></table>",
        title="Schedule",
    ),
    "https://cloudconf.io/schedule",
)
_nobody(
    "partner program of vendor",
    _around(
        '<h1>Partner program</h1><h2>Gold partner</h2><ul><li>10% margin</li><li>Training</li></ul><h2>Silver partner</h2><ul><li>5% margin</li></ul><a href="https://portal.vendor.com">Apply</a>',
        title="Partner program",
    ),
    "https://vendor.com/partner-program",
)
_nobody(
    "medals",
    _around("<h1>Results 2026</h1><h2>Gold</h2><p>Norway</p><h2>Silver</h2><p>Kenya</p>", title="Results"),
    "https://games.org/results",
)
_nobody(
    "blog post on sponsoring",
    _around(
        '<article><h1>Why we sponsor CloudConf</h1><p>At <a href="https://acme.com">Acme</a> we think sponsors matter. Gold sponsors such as <a href="https://globex.com">Globex</a> get a booth.</p><h2>Related</h2><a href="https://other.com"><img alt="Other" src=o.png></a></article>',
        title="Why we sponsor",
    ),
    "https://acme.com/blog/why-we-sponsor",
)
_nobody(
    "code of conduct",
    _around(
        '<h1>Code of Conduct</h1><p>All attendees, speakers, sponsors and volunteers are required to agree. Original source: <a href="http://confcodeofconduct.com">Conference Code of Conduct</a>, <a href="https://geekfeminism.org">Geek Feminism</a></p>',
        title="Code of Conduct",
    ),
    "https://cloudconf.io/coc",
)

_lists(
    "sessionize embed w description",
    _around(
        '<h1>Sponsors</h1><div class="tier-gold"><h2>Gold</h2><div class="row"><div class="col"><h3><a href="https://argentum.io">Argentum</a></h3><p>Argentum, a leader in payments since 1999, is hiring in Berlin, Paris and Rome.</p></div><div class="col"><h3><a href="https://bolide.io">Bolide</a></h3><p>Faster builds. Try it at <a href="https://get.bolide.io/free">get.bolide.io</a></p></div></div></div>'
    ),
    [("Argentum", "gold", "argentum.io"), ("Bolide", "gold", "bolide.io")],
)
_lists(
    "text names with booth",
    _around(
        "<h1>Exhibitors</h1><ul><li>Alcove Labs – Booth 12</li><li>Brightwater (Booth 14)</li><li>Copperline</li></ul>"
    ),
    [("Copperline", None, None)],
)
_lists(
    "inline gold run-in links",
    _around(
        '<h1>Sponsors</h1><p><b>Platinum:</b> <a href="https://dunlin.com">Dunlin</a></p><p><b>Gold:</b> Egret, Fulmar &amp; Co, and Gannet Ltd</p>'
    ),
    [
        ("Dunlin", "platinum", "dunlin.com"),
        ("Egret", "gold", None),
        ("Fulmar & Co", "gold", None),
        ("Gannet Ltd", "gold", None),
    ],
)
_lists(
    "de fliesstext",
    _around(
        "<h1>Sponsoren</h1><p>Wir danken unseren Sponsoren:</p><p>Goldsponsoren: Habicht AG, Ibis Software GmbH und Jaguar Netze</p><p>Silbersponsor: Kormoran</p>",
        "de",
    ),
    [
        ("Habicht AG", "gold", None),
        ("Ibis Software GmbH", "gold", None),
        ("Jaguar Netze", "gold", None),
        ("Kormoran", "silver", None),
    ],
)
_lists(
    "es lista",
    _around("<h1>Patrocinadores</h1><ul><li>Oro: Lince Datos y Milano Nube</li><li>Plata: Nutria</li></ul>", "es"),
    [("Lince Datos", "gold", None), ("Milano Nube", "gold", None), ("Nutria", "silver", None)],
)
_lists(
    "fr texte",
    _around("<h1>Sponsors</h1><ul><li>Or : Outarde, Pinson</li><li>Argent : Roitelet et Sarcelle</li></ul>", "fr"),
    [("Outarde", "gold", None), ("Pinson", "gold", None), ("Roitelet", "silver", None), ("Sarcelle", "silver", None)],
)
_lists(
    "table name tier columns de",
    _around(
        "<h1>Partner 2026</h1><table><tr><th>Firma</th><th>Paket</th></tr><tr><td>Turmfalke IT</td><td>Gold</td></tr><tr><td>Uhu Systems</td><td>Silber</td></tr></table>",
        "de",
    ),
    [("Turmfalke IT", "gold", None), ("Uhu Systems", "silver", None)],
)
_lists(
    "footer sponsor strip",
    '<html><head><title>DevDay</title></head><body><h1>DevDay</h1><p>Talks.</p><footer><div class="sponsor-strip"><h5>Our sponsors</h5><a href="https://vanta-bird.com"><img src=v.png alt="VantaBird"></a><img src=w.png alt="Wagtail Tech"></div><div><a href="https://facebook.com/devday"><img src=f.png alt="Facebook"></a><a href="https://devday.org/privacy">Privacy</a></div></footer></body></html>',
    [("VantaBird", None, "vanta-bird.com"), ("Wagtail Tech", None, None)],
    "https://devday.org/",
)
_lists(
    "vue data-tier list",
    _around(
        '<h1>Thanks to our sponsors</h1><div data-v-1 class="list"><div data-v-1 class="box" data-tier="Gold"><img data-v-1 src="/x.png" alt="Xenops"><p>Xenops</p></div><div data-v-1 class="box" data-tier="Bronze"><img src="/y.png" alt="Yaffle"><p>Yaffle</p></div></div>'
    ),
    [("Xenops", "gold", None), ("Yaffle", "bronze", None)],
)
_lists(
    "mixed media partner heading & hosts",
    _around(
        '<h2>Host</h2><a href="https://univ-host.edu"><img alt="Host University" src=h.png></a><h2>Knowledge Partner</h2><a href="https://zetaknow.com"><img alt="ZetaKnow" src=z.png></a>',
        title="AI Summit",
    ),
    [("ZetaKnow", "knowledge partner", "zetaknow.com")],
    "https://aisummit.com/",
)
_lists(
    "numbers and lower brand names",
    _around("<h1>Sponsors</h1><h2>Gold</h2><ul><li>3Q Digital</li><li>trivaga</li><li>n27</li></ul>"),
    [("3Q Digital", "gold", None), ("trivaga", "gold", None), ("n27", "gold", None)],
)
_lists(
    "logo alt names tier prefix",
    _around(
        '<section class="sponsors"><h2>Sponsors</h2><img src="a.png" alt="Gold sponsor Amberjack"><a href="https://barracuda-x.com"><img src="b.png" alt="Our silver sponsor: BarracudaX"></a><a href="https://cuttle.fish"><img src="c.png" alt="Cuttle - Platinum Sponsor of CloudConf"></a></section>'
    ),
    [("Amberjack", "gold", None), ("BarracudaX", "silver", "barracuda-x.com"), ("Cuttle", "platinum", "cuttle.fish")],
)
_lists(
    "strong headings in cells",
    _around(
        '<h1>Sponsors</h1><table><tr><td><strong>PLATINUM</strong></td></tr><tr><td><img src="d.png" alt="Dorado"></td><td><img src="e.png" alt="Elver"></td></tr><tr><td><strong>BRONZE</strong></td></tr><tr><td>Flounder Inc</td></tr></table>'
    ),
    [("Dorado", "platinum", None), ("Elver", "platinum", None), ("Flounder Inc", "bronze", None)],
)
_lists(
    "2025 tab beside 2026",
    _around(
        '<h1>Sponsors</h1><section id="y2026"><h2>2026</h2><h3>Gold</h3><a href="https://grouper.io"><img alt="Grouper" src=g.png></a></section><section id="y2025"><h2>2025</h2><h3>Gold</h3><a href="https://halibut.io"><img alt="Halibut" src=h.png></a></section>'
    ),
    [("Grouper", "gold", "grouper.io")],
)
_lists(
    "it fr mixed kinds",
    _around(
        '<h1>Partner</h1><h2>Partner tecnici</h2><a href="https://ippocampo.it"><img alt="Ippocampo" src=i.png></a><h2>Diventa partner</h2><a href="https://docs.google.com/forms/d/1"><img alt="Modulo" src=m.png></a>',
        "it",
    ),
    [("Ippocampo", "partner tecnici", "ippocampo.it")],
)
_lists(
    "hotel and airline",
    _around(
        '<h1>Partners</h1><h2>Official airline</h2><a href="https://jetfish.aero"><img alt="JetFish" src=j.png></a><h2>Hotel</h2><a href="https://kelphotel.com"><img alt="Kelp Hotel" src=k.png></a>'
    ),
    [("JetFish", "official airline", "jetfish.aero")],
)
_nobody(
    "ticket shop",
    _around(
        "<h1>Tickets</h1><ul><li>Early Bird: 100 EUR</li><li>Gold: Full access, Dinner</li><li>Silver: Conference only</li></ul>",
        title="Tickets",
    ),
    "https://cloudconf.io/tickets",
)
_nobody(
    "gold section awards",
    _around(
        "<h1>Awards 2026</h1><h2>Gold winners</h2><ul><li>Agency One</li><li>Agency Two</li></ul><h2>Jury partners</h2>",
        title="Awards",
    ),
    "https://awards.org/winners",
)
_nobody(
    "faq sponsor question",
    _around(
        '<h1>FAQ</h1><h3>Can my company sponsor?</h3><p>Yes. <a href="https://typeform.com/to/x">Write to us</a></p><h3>Who are the partners?</h3><p>Ask <a href="https://agencyx.com">Agency X</a>.</p>',
        title="FAQ",
    ),
    "https://cloudconf.io/faq",
)
_nobody(
    "sponsor levels list",
    _around(
        "<h1>Sponsors</h1><p>Our sponsor packages:</p><h2>Gold</h2><ul><li>Speaking slot</li><li>Roll-up in the foyer</li><li>Recruiting wall</li></ul><h2>Silver</h2><ul><li>Roll-up in the foyer</li></ul>",
        title="Sponsors",
    ),
)
_nobody(
    "empty tiers",
    _around(
        "<h1>Sponsors</h1><h2>Gold</h2><p>Be the first!</p><h2>Silver</h2><p>Available</p><p>Coming Soon</p><h2>Bronze</h2><p>Your Company</p>"
    ),
)
_nobody(
    "team titled partners (law firm)",
    _around(
        '<h1>Our Partners</h1><div class="p"><img src=1.jpg alt="Jane Roe"><h3>Jane Roe</h3><p>Managing Partner</p></div><div class="p"><img src=2.jpg alt="Max Moe"><h3>Max Moe</h3><p>Partner</p></div><div class="p"><img src=3.jpg alt="Lee Loe"><h3>Lee Loe</h3><p>Partner</p></div>',
        title="Partners – Roe & Moe LLP",
    ),
    "https://roemoe.com/partners",
)
_nobody(
    "news",
    _around(
        '<h1>News</h1><article><h2>Acme joins as gold sponsor</h2><p>We welcome <a href="https://acme.com">Acme</a>.</p></article><article><h2>Venue announced</h2><p>Hall.</p></article>',
        title="News",
    ),
    "https://cloudconf.io/news",
)
_nobody(
    "blog sidebar",
    _around(
        '<h1>How we built it</h1><p>Long text about building.</p><aside><h3>Categories</h3><ul><li><a href="/c/sponsors">Sponsors</a></li><li><a href="/c/news">News</a></li></ul></aside>',
        title="Blog",
    ),
    "https://cloudconf.io/blog/1",
)
_nobody(
    "jobs",
    _around(
        '<h1>Jobs</h1><ul><li><a href="https://acme.com/jobs">Gold Analyst</a></li><li>Partner Manager</li><li>Sponsorship Lead</li></ul>',
        title="Jobs",
    ),
    "https://cloudconf.io/jobs",
)
_lists(
    "docusaurus",
    _around(
        '<div class="markdown"><h1>Sponsors</h1><h2 class="anchor" id="gold-sponsors">Gold Sponsors<a class="hash-link" href="#gold-sponsors" title="Direct link to heading">​</a></h2><p><a href="https://acornly.com" target="_blank" rel="noopener noreferrer"><img loading="lazy" src="/assets/images/acornly-0f3a9b.png" width="200" class="img_ev3q"></a></p><h2 class="anchor" id="tool">Tool Sponsors<a class="hash-link" href="#tool">​</a></h2><p><a href="https://balsa.dev">Balsa</a></p></div>'
    ),
    [("Acornly", "gold", "acornly.com"), ("Balsa", "tool", "balsa.dev")],
)
_lists(
    "readme style table of logos",
    _around(
        '<h1>Supporters</h1><table><thead><tr><th align="center"><a href="https://cedarbyte.com"><img src="c.png" width="100px;" alt="CedarByte"/><br /><sub><b>CedarByte</b></sub></a></th><th align="center"><a href="https://deodar.io"><img src="d.png" alt="Deodar"/><br /><sub><b>Deodar</b></sub></a></th></tr></thead></table>'
    ),
    [("CedarByte", None, "cedarbyte.com"), ("Deodar", None, "deodar.io")],
)
_lists(
    "meetup description",
    "<html><head><title>Py Meetup #42</title></head><body><h1>Py Meetup #42</h1><p>Agenda: 18:00 doors, 18:30 talks.</p><p>Our sponsors: Elderberry Tech and Fennel Labs</p><p>Speakers: Jane Doe, Max Roe</p></body></html>",
    [],
    "https://meetup.com/py/events/1",
)
_lists(
    "pretalx page",
    _around(
        '<h1>Sponsors</h1><h2>Gold sponsors</h2><div class="d-flex"><div class="sponsor-box"><a href="https://ginkgo.systems"><img src="/media/ginkgo.svg" class="sponsor-logo"></a><p class="sponsor-text">Ginkgo Systems builds trees.</p></div><div class="sponsor-box"><a href="https://hemlock.eu"><img src="/media/hemlock.svg" class="sponsor-logo"></a><p class="sponsor-text">Hemlock is a poison detector.</p></div></div>'
    ),
    [("Ginkgo", "gold", "ginkgo.systems"), ("Hemlock", "gold", "hemlock.eu")],
)
_lists(
    "flip cards",
    _around(
        '<section id="partners"><h2>Partners</h2><h3>Strategic partners</h3><div class="flip-card"><div class="flip-front"><img src="i.png" alt="Ironbark"></div><div class="flip-back"><h4>Ironbark</h4><p>Wood for all.</p><a href="https://ironbark.au">Website</a></div></div><div class="flip-card"><div class="flip-front"><img src="j.png" alt="Jarrah"></div><div class="flip-back"><h4>Jarrah</h4><p>Red.</p><a href="https://jarrah.au">Website</a></div></div></section>'
    ),
    [("Ironbark", "strategic partner", "ironbark.au"), ("Jarrah", "strategic partner", "jarrah.au")],
)
_lists(
    "contact details in cards",
    _around(
        '<h1>Aussteller</h1><div class="exhibitor"><h3>Kauri Technik GmbH</h3><p>Musterstr. 1<br>12345 Berlin</p><p>Stand: A1</p><a href="mailto:info@kauri.de">info@kauri.de</a><a href="https://www.kauri.de">www.kauri.de</a></div><div class="exhibitor"><h3>Linde &amp; Söhne</h3><p>Teststr. 2<br>80331 München</p><p>Stand: B2</p><a href="https://www.linde-soehne.de">www.linde-soehne.de</a></div>',
        "de",
        "Aussteller",
    ),
    [("Kauri Technik GmbH", None, "kauri.de"), ("Linde & Söhne", None, "linde-soehne.de")],
    "https://messe.de/aussteller",
)
_lists(
    "table booth name",
    _around(
        "<h1>Exhibitors</h1><table><tr><th>Booth</th><th>Company</th></tr><tr><td>A1</td><td>Mahogany Inc.</td></tr><tr><td>A2</td><td>Nutmeg Foods</td></tr></table>",
        title="Exhibitors",
    ),
    [("Mahogany Inc.", None, None), ("Nutmeg Foods", None, None)],
    "https://expo.org/exhibitors",
)
_lists(
    "az list",
    _around(
        "<h1>Exhibitors A-Z</h1><h2>A</h2><ul><li>Alder Optics</li><li>Ash Motion</li></ul><h2>B</h2><ul><li>Beech Robotics</li></ul>",
        title="Exhibitors",
    ),
    [("Alder Optics", None, None), ("Ash Motion", None, None), ("Beech Robotics", None, None)],
    "https://expo.org/exhibitors",
)
_lists(
    "modal ids w close buttons",
    _around(
        '<h1>Sponsors</h1><h2>Bronze Sponsors</h2><div class="logos"><a data-toggle="modal" href="#m1"><img src="o.png" alt="Olive Cloud"></a></div><div class="modal fade" id="m1"><div class="modal-header"><h5>Olive Cloud</h5><button class="close">×</button></div><div class="modal-body"><p>Olive Cloud presses data.</p><a href="https://olive.cloud">olive.cloud</a></div></div>'
    ),
    [("Olive Cloud", "bronze", "olive.cloud")],
)
_lists(
    "img title sponsored by line",
    '<html><head><title>Hack Night</title></head><body><h1>Hack Night</h1><div class="sponsored">Sponsored by <a href="https://poplar.dev"><img src="p.png" title="Poplar"></a></div></body></html>',
    [("Poplar", None, "poplar.dev")],
    "https://hacknight.org/",
)
_lists(
    "emoji tiers",
    _around(
        '<h1>🎉 Sponsors</h1><h2>💎 Diamond</h2><a href="https://quaking.io"><img alt="Quaking" src=q.png></a><h2>🥈 Silver Sponsors (2)</h2><a href="https://rowanberry.com"><img alt="RowanBerry" src=r.png></a><a href="https://sumac.com"><img alt="Sumac" src=s.png></a>'
    ),
    [
        ("Quaking", "diamond", "quaking.io"),
        ("RowanBerry", "silver", "rowanberry.com"),
        ("Sumac", "silver", "sumac.com"),
    ],
)
_lists(
    "gallery captions with tiers",
    _around(
        '<h1>Our sponsors</h1><figure><img src="t.png" alt="Teak"><figcaption>Teak<br><small>Gold Sponsor</small></figcaption></figure><figure><img src="u.png" alt="Ulmus"><figcaption>Ulmus<br><small>Silver Sponsor</small></figcaption></figure>'
    ),
    [("Teak", "gold", None), ("Ulmus", "silver", None)],
)
_lists(
    "ar rtl",
    _around(
        '<h1>Sponsors</h1><h2>الراعي الذهبي</h2><a href="https://nakhla.ae"><img alt="Nakhla Tech" src=n.png></a>', "ar"
    ),
    [("Nakhla Tech", "الراعي الذهبي", "nakhla.ae")],
)
_lists(
    "award logos and reviews beside",
    _around(
        '<h1>Sponsors</h1><h2>Gold</h2><a href="https://viola.fi"><img alt="Viola" src=v.png></a><h2>Follow us</h2><a href="https://x.com/c"><img alt="X" src=x.png></a><h2>Attendees from</h2><img alt="Walnut Corp" src=w.png><img alt="Yew Inc" src=y.png><h2>Certified by</h2><a href="https://greencert.org"><img alt="GreenCert" src=g.png></a>'
    ),
    [("Viola", "gold", "viola.fi")],
)
_nobody(
    "agenda w sponsors in talk titles",
    _around(
        '<h1>Agenda</h1><ul><li><b>10:00</b> Gold sponsor talk: Databases by <a href="https://acme.com">Acme</a></li><li><b>11:00</b> Coffee</li></ul>',
        title="Agenda",
    ),
    "https://cloudconf.io/agenda",
)
_nobody(
    "customers partners of vendor home",
    _around(
        '<h1>Ship faster</h1><p>Loved by teams.</p><div class="logos"><img src=a.png alt="Acme"><img src=b.png alt="Globex"></div><h2>Integration partners</h2><ul><li>Slackish</li><li>Zapish</li></ul>',
        title="Shipper",
    ),
    "https://shipper.dev/",
)
_nobody(
    "privacy partners",
    _around(
        '<h1>Privacy policy</h1><h2>Partners</h2><p>We share data with <a href="https://adnet.com">AdNet</a> and <a href="https://stats.io">Stats</a>.</p>',
        title="Privacy",
    ),
    "https://cloudconf.io/privacy",
)
_nobody(
    "volunteers",
    _around("<h1>Thank you volunteers</h1><ul><li>Ann Lee</li><li>Bo Kim</li><li>Cy Orr</li></ul>", title="Volunteers"),
    "https://cloudconf.io/volunteers",
)
_nobody(
    "gold ticket comparison cards",
    _around(
        '<h1>Register</h1><div class="card"><h3>Gold pass</h3><p>$999</p><a href="https://ti.to/x/gold">Buy</a></div><div class="card"><h3>Silver pass</h3><p>$499</p><a href="https://ti.to/x/silver">Buy</a></div>',
        title="Register",
    ),
    "https://cloudconf.io/register",
)
_nobody(
    "why sponsor w past logos as seen",
    _around(
        '<h1>Sponsorship opportunities</h1><h2>Who attends</h2><img src=a.png alt="Acme"><h2>Past sponsors</h2><img src=b.png alt="Globex"><h2>Packages</h2><h3>Gold</h3><ul><li>Logo</li></ul>',
        title="Sponsorship",
    ),
    "https://cloudconf.io/sponsorship-opportunities",
)
_lists(
    "ghost cards",
    _around(
        '<h1>Our 2026 sponsors</h1><h2>Headliner</h2><figure class="kg-card kg-image-card kg-card-hascaption"><a href="https://amberwave.io"><img src="https://cloudconf.io/content/images/2026/01/amberwave-black.png" class="kg-image" alt loading="lazy"></a><figcaption>AmberWave</figcaption></figure><h2>Supporting acts</h2><figure class="kg-card"><a href="https://bassline.fm"><img src="/content/images/b.png" alt="Bassline FM"></a></figure>'
    ),
    [("AmberWave", "headliner", "amberwave.io"), ("Bassline FM", "supporting acts", "bassline.fm")],
)
_lists(
    "notion export",
    '<html><head><title>Sponsors</title></head><body><article class="page"><header><h1 class="page-title">Sponsors</h1></header><div class="page-body"><h2>Gold</h2><ul class="bulleted-list"><li><a href="https://calypso.dev">Calypso</a>: developer tools</li></ul><ul class="bulleted-list"><li>Dulcimer AG: databases</li></ul><h2>Community</h2><p><a href="https://ethno.org">Ethno Collective</a></p></div></article></body></html>',
    [("Calypso", "gold", "calypso.dev"), ("Dulcimer AG", "gold", None), ("Ethno Collective", "community", "ethno.org")],
)
_lists(
    "framer",
    _around(
        '<div class="framer-1"><div class="framer-text"><h2>Backed by</h2></div><a class="framer-2" href="https://fiddle.vc"><div data-framer-background-image-wrapper="true"><img src="https://framerusercontent.com/images/Xa9Kd.png" alt="Fiddle Ventures"></div></a><a class="framer-2" href="https://glock.io"><div><img src="https://framerusercontent.com/images/Zk1.svg" alt=""></div></a></div>',
        title="HackWeek",
    ),
    [("Fiddle Ventures", None, "fiddle.vc"), ("glock.io", None, "glock.io")],
    "https://hackweek.dev/",
)
_lists(
    "hungarian & finnish",
    _around(
        '<h1>Támogatók</h1><h2>Arany támogató</h2><a href="https://harfa.hu"><img alt="Hárfa Kft." src=h.png></a>',
        "hu",
        "Sponsors",
    ),
    [("Hárfa Kft", "arany támogató", "harfa.hu")],
)
_lists(
    "grid with buttons",
    _around(
        '<h1>Sponsors</h1><h2>Silver</h2><div class="grid"><div class="cell"><img src="k.png" alt="Kalimba"><button>More</button><div class="desc"><p>Kalimba sounds good. Founded 2010.</p><a href="https://kalimba.app">kalimba.app</a></div></div><div class="cell"><img src="l.png" alt="Lute Labs"><button>More</button><div class="desc"><p>Lute Labs strings together.</p><a href="https://lutelabs.com">lutelabs.com</a></div></div></div>'
    ),
    [("Kalimba", "silver", "kalimba.app"), ("Lute Labs", "silver", "lutelabs.com")],
)
_lists(
    "table logo name tier",
    _around(
        '<h1>Exhibitors</h1><table><tr><th>Logo</th><th>Name</th><th>Sponsorship</th></tr><tr><td><img src="m.png" alt=""></td><td><a href="https://marimba.com">Marimba</a></td><td>Gold</td></tr><tr><td><img src="o.png" alt=""></td><td><a href="https://oboe.de">Oboe GmbH</a></td><td>Standard</td></tr></table>',
        title="Exhibitors",
    ),
    [("Marimba", "gold", "marimba.com"), ("Oboe GmbH", "standard", "oboe.de")],
    "https://expo.org/exhibitors",
)
_lists(
    "portuguese text",
    _around("<h1>Patrocinadores</h1><p>Ouro: Pandeiro, Reco e Surdo</p><p>Prata: Tamborim</p>", "pt"),
    [("Pandeiro", "gold", None), ("Reco", "gold", None), ("Surdo", "gold", None), ("Tamborim", "silver", None)],
)
_lists(
    "home, sponsors after schedule",
    '<html><head><title>JSFest</title></head><body><section><h2>Schedule</h2><ul><li>9:00 Intro by <a href="https://ukulele.io">Uku Lele</a></li></ul></section><section><h2>Thanks to our sponsors!</h2><h3>Gold</h3><div><a href="https://viola.app"><img src="v.png" alt="Viola App logo"></a></div><h3>Silver</h3><div><a href="https://zither.net"><img src="z.png" alt="Zither"></a></div></section><section><h2>Location</h2><a href="https://maps.google.com/x">Map</a></section></body></html>',
    [("Viola App", "gold", "viola.app"), ("Zither", "silver", "zither.net")],
    "https://jsfest.org/",
)
_nobody(
    "vc portfolio partners",
    _around(
        '<h1>Our portfolio</h1><ul><li><a href="https://a1.io">A One</a></li><li><a href="https://b2.io">B Two</a></li></ul><h2>Partners</h2><ul><li>Jane Doe</li><li>Max Roe</li></ul>',
        title="Portfolio",
    ),
    "https://fund.vc/portfolio",
)
_nobody(
    "wiki article on sponsorship",
    _around(
        '<h1>Sponsorship</h1><p>A sponsor such as <a href="https://x1.com">X One</a> pays for events. Gold sponsors pay more.</p><h2>See also</h2><ul><li><a href="/wiki/Marketing">Marketing</a></li></ul>',
        title="Sponsorship",
    ),
    "https://wiki.org/wiki/Sponsorship",
)
_nobody(
    "affiliates",
    _around(
        '<h1>Reviews</h1><p>Sponsored: <a href="https://adshop.com">Buy now at AdShop</a></p><p>Text.</p>',
        title="Reviews",
    ),
    "https://reviews.com/best",
)
