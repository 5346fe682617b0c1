"""Sponsor pages as site builders and conference tools write them; companies and events are made up.

Each sample is (name, address, html, sponsors), a sponsor (name, canonical tier, website).
"""

from __future__ import annotations

Sponsor = tuple[str, str | None, str | None]

_NAV = (
    '<nav><ul><li><a href="/">Home</a></li><li><a href="/speakers">Speakers</a></li>'
    '<li><a href="/sponsors">Sponsors</a></li>'
    '<li><a href="https://ti.to/devconf/2026">Tickets</a></li></ul></nav>'
)
_FOOTER = (
    '<footer><a href="https://twitter.com/devconf"><img src="/img/twitter-icon.svg" alt="Twitter"></a>'
    '<a href="https://www.linkedin.com/company/devconf">LinkedIn</a><p>Site by <a href="https://pixelwerk.com">Pixelwerk</a></p>'
    '<a href="https://devconf.io/code-of-conduct">Code of Conduct</a></footer>'
)

SAMPLES: list[tuple[str, str, str, list[Sponsor]]] = [
    (
        "cards with badges: the tier stands in each card",
        "https://conf.io/partners",
        """<body><h2>Our Partners</h2><div class="grid">
        <article class="card"><div class="badge">Platinum Partner</div><img src="nu.png" alt="Nu"><h3>Nu Robotics</h3>
          <p>Makes robots.</p><a href="https://nurobotics.com">Learn more</a>
          <a href="https://twitter.com/nu">Twitter</a></article>
        <article class="card"><div class="badge">Gold Partner</div><img src="xi.png" alt=""><h3>Xi Labs</h3><p>Data.</p>
          <a href="https://xilabs.io">Learn more</a></article>
        <article class="card"><div class="badge">Gold Partner</div><h3>Omicron</h3>
          <a href="https://omicron.com">Website</a></article></div></body>""",
        [
            ("Nu Robotics", "platinum partner", "https://nurobotics.com"),
            ("Xi Labs", "gold partner", "https://xilabs.io"),
            ("Omicron", "gold partner", "https://omicron.com"),
        ],
    ),
    (
        "french: a call to sponsor, and partners of the press",
        "https://conf.fr/sponsors",
        """<html lang="fr"><h1>Nos sponsors</h1>
        <h2>Or</h2><ul><li><a href="https://dix.fr"><img alt="Logo de Dix SAS" src=d.png></a></li></ul>
        <h2>Argent</h2><ul><li><a href="https://onze.fr"><img alt="Onze" src=o.png></a></li></ul>
        <h2>Partenaires médias</h2><ul><li><a href="https://hebdo.fr"><img alt="L'Hebdo" src=p.png></a></li></ul>
        <h2>Devenir sponsor</h2><p><a href="/dossier.pdf">Télécharger le dossier</a></p></html>""",
        [
            ("Dix SAS", "gold", "https://dix.fr"),
            ("Onze", "silver", "https://onze.fr"),
            ("L'Hebdo", "media partner", "https://hebdo.fr"),
        ],
    ),
    (
        "blocks with a text: an article of theirs is not their website",
        "https://conf.io/sponsors",
        """<h1>2026 Sponsors</h1><h2>Gold</h2>
        <div class="sponsor"><div class="logo"><a href="/sponsors/quill"><img src="/i/q.png" alt="Quill Technologies">
          </a></div><div class="desc"><h4><a href="/sponsors/quill">Quill Technologies</a></h4><p>Quill helps teams. See
          <a href="https://blog.quill.com/post">our post</a> and <a href="https://quill.com">quill.com</a>.</p>
          </div></div>
        <div class="sponsor"><div class="logo"><img src="/i/s.png" alt="Sixteen"></div><div class="desc">
          <h4>Sixteen</h4><p>Sixteen is a bank.</p><a href="https://sixteen.bank">sixteen.bank</a></div></div>""",
        [("Quill Technologies", "gold", "https://quill.com"), ("Sixteen", "gold", "https://sixteen.bank")],
    ),
    (
        "jekyll: links around images below headings",
        "https://devconf.io/sponsors/",
        f"""<html lang="en"><head><title>Sponsors - DevConf 2026</title></head><body>{_NAV}
        <h1>Our sponsors</h1><p>DevConf would not happen without them.</p>
        <h2>Platinum</h2><div class="row"><a href="https://www.northwind-cloud.com/?utm_source=devconf"
          target="_blank">
          <img src="/assets/northwind.svg" alt="Northwind Cloud"></a>
          <a href="https://fabrikam.dev"><img src="/assets/fabrikam.png" alt="Fabrikam logo"></a></div>
        <h2>Gold sponsors</h2><div class="row"><a href="https://contoso.com/"><img src="/a/contoso.png"
          alt="Contoso Logo"></a>
          <a href="https://litware.io"><img src="/a/litware_logo_white.svg" alt=""></a></div>
        <h2>Community Partners</h2><div class="row"><a href="https://pybogota.org"><img alt="Py Bogota"
          src="/a/p.png"></a></div>
        <h2>Become a sponsor</h2><p>Download our <a href="https://drive.google.com/file/d/1">prospectus</a> or
          <a href="mailto:s@devconf.io">write to us</a>.</p>{_FOOTER}</body></html>""",
        [
            ("Northwind Cloud", "platinum", "https://www.northwind-cloud.com"),
            ("Fabrikam", "platinum", "https://fabrikam.dev"),
            ("Contoso", "gold", "https://contoso.com"),
            ("Litware", "gold", "https://litware.io"),
            ("Py Bogota", "community partner", "https://pybogota.org"),
        ],
    ),
    (
        "bootstrap cards: headings inside, links in texts",
        "https://summit.example.org/partners",
        """<html><body><h1 class="display-4">Sponsors &amp; Partners</h1>
        <section id="gold"><h2>Gold Sponsors</h2><div class="row">
         <div class="col-md-4"><div class="card"><img class="card-img-top" src="l/adatum.png" alt="Adatum
          logo"><div class="card-body">
          <h5 class="card-title">Adatum Corporation</h5><p>Adatum, part of <a href="https://bigparent.com">Big
          Parent</a>, makes
          databases.</p><a class="btn" href="https://adatum.com">Visit website</a></div></div></div>
         <div class="col-md-4"><div class="card"><img class="card-img-top" src="l/woodgrove.png" alt="Woodgrove
          logo"><div class="card-body">
          <h5 class="card-title">Woodgrove Bank</h5><p>A bank for builders.</p><a class="btn"
          href="https://woodgrovebank.com/tech">Visit
          website</a> <a href="https://www.linkedin.com/company/woodgrove"><i class="fa
          fa-linkedin"></i></a></div></div></div>
        </div></section>
        <section id="silver"><h2>Silver Sponsors</h2><div class="row">
         <div class="col-md-4"><div class="card"><img src="l/tailspin.png" alt=""><div class="card-body"><h5
          class="card-title">Tailspin
          Toys</h5><a class="btn" href="https://www.tailspin.toys">Learn
          more</a></div></div></div></div></section></body></html>""",
        [
            ("Adatum Corporation", "gold", "https://adatum.com"),
            ("Woodgrove Bank", "gold", "https://woodgrovebank.com/tech"),
            ("Tailspin Toys", "silver", "https://www.tailspin.toys"),
        ],
    ),
    (
        "webflow: backgrounds with labels, tiers in attributes",
        "https://www.productday.co/",
        """<html><body><section class="hero"><h1>Product Day</h1></section>
        <section class="section speakers"><h2>Speakers</h2><div><img src="j.jpg" alt="Jane Doe"><a
          href="https://acme-speaker.com">Acme
        Speaker</a></div></section>
        <section class="section-sponsors"><h2>Thank you to our sponsors</h2>
         <div class="tier" data-tier="headline"><a href="https://relecloud.com" aria-label="Relecloud (opens in a
          new tab)"
          class="logo" style="background-image:url('/cdn/5f_relecloud.svg')"></a></div>
         <div class="tier" data-tier="supporting"><a class="logo" href="https://proseware.com" title="Proseware"
           style="background: url(/cdn/6a.svg) no-repeat"></a>
          <a class="logo" href="https://vanarsdel.com"><div role="img" aria-label="VanArsdel Ltd"
          style="background-image:url(x.png)"></div></a>
         </div></section>
        <section><h2>Venue</h2><a href="https://grandhall.com"><img src="v.jpg" alt="Grand
          Hall"></a></section></body></html>""",
        [
            ("Relecloud", "headline", "https://relecloud.com"),
            ("Proseware", "supporting", "https://proseware.com"),
            ("VanArsdel Ltd", "supporting", "https://vanarsdel.com"),
        ],
    ),
    (
        "wordpress: lazy images, noscript, figures, German",
        "https://datentage.de/sponsoren",
        """<html lang="de-DE"><head><title>Sponsoren | Datentage 2026</title></head><body>
          <h1>Sponsoren und Partner</h1>
        <h3 class="wp-block-heading">Platin-Sponsor</h3><figure class="wp-block-image"><a
          href="https://www.wingtip.de"><img
          src="data:image/gif;base64,R0lGOD" data-src="https://datentage.de/wp-content/uploads/2026/01/wingtip-logo-300x100.png"
          alt="Logo der Wingtip GmbH"><noscript><img
          src="https://datentage.de/wp-content/uploads/2026/01/wingtip-logo-300x100.png"
          alt="Logo der Wingtip GmbH"></noscript></a></figure>
        <h3 class="wp-block-heading">Gold-Sponsoren</h3><figure class="wp-block-gallery">
          <figure><a href="https://alpineski.ch"><img data-lazy-src="/u/alpine-ski-house_rgb.png" alt=""></a>
            <figcaption>Alpine Ski House AG</figcaption></figure>
          <figure><a href="https://bellows.de"><img data-lazy-src="/u/bellows.png" alt="Bellows
          College"></a></figure></figure>
        <h3 class="wp-block-heading">Medienpartner</h3><ul><li><a href="https://heiteres-magazin.de">Heiteres
          Magazin</a></li></ul>
        <h3>Sponsoren der letzten Jahre</h3><ul><li><a href="https://altfirma.de">Altfirma</a></li></ul>
        <h3>Sponsor werden</h3><p>Schreiben Sie uns: <a href="https://forms.gle/x">Formular</a></p></body></html>""",
        [
            ("Wingtip GmbH", "platinum", "https://www.wingtip.de"),
            ("Alpine Ski House AG", "gold", "https://alpineski.ch"),
            ("Bellows College", "gold", "https://bellows.de"),
            ("Heiteres Magazin", "media partner", "https://heiteres-magazin.de"),
        ],
    ),
    (
        "sessionize-like: names in list items, internal pages",
        "https://cloudnative.days.dev/sponsors",
        """<html><body><main><h1>Sponsors</h1>
        <div class="sz-group"><h2 class="sz-group__title">Diamond</h2><ul class="sz-list">
          <li class="sz-item"><a href="/sponsor/graphic-design-institute"><img src="/i/gdi.png" alt="Graphic Design
          Institute"></a></li></ul></div>
        <div class="sz-group"><h2 class="sz-group__title">Petabyte</h2><ul class="sz-list">
          <li class="sz-item"><a href="/sponsor/lucerne"><picture><source srcset="/i/l.webp"><img src="/i/l.png"
          alt="Lucerne
           Publishing"></picture></a></li>
          <li class="sz-item"><a href="/sponsor/margie"><img src="/i/m.png" alt="Margie's Travel"></a></li></ul></div>
        </main></body></html>""",
        [
            ("Graphic Design Institute", "diamond", None),
            ("Lucerne Publishing", "petabyte", None),
            ("Margie's Travel", "petabyte", None),
        ],
    ),
    (
        "table with columns",
        "https://expo.org/exhibitors",
        """<html><body><h1>Exhibitors 2026</h1><table><thead><tr><th>Company</th><th>Level</th><th>Website</th>
          </tr></thead><tbody>
        <tr><td>Fourth Coffee</td><td>Gold</td><td><a href="https://fourthcoffee.com">fourthcoffee.com</a></td></tr>
        <tr><td>Humongous Insurance</td><td>Silver</td><td>www.humongous.com</td></tr>
        <tr><td>City Power &amp; Light</td><td>Silver</td><td></td></tr></tbody></table></body></html>""",
        [
            ("Fourth Coffee", "gold", "https://fourthcoffee.com"),
            ("Humongous Insurance", "silver", "https://www.humongous.com"),
            ("City Power & Light", "silver", None),
        ],
    ),
    (
        "react: badges in cards, generic classes",
        "https://reactfest.io/sponsors",
        """<html><body><div id="__next"><header><a href="/"><img src="/logo.svg" alt="ReactFest"></a></header>
        <div class="css-1x"><h1 class="css-2">Meet our partners</h1><div class="css-grid">
        <a class="css-card" href="https://trey-research.io"><div><img alt=""
          src="/_next/image?url=%2Ftrey.png&w=256" srcset="/x 1x"></div>
          <p class="css-name">Trey Research</p><span class="css-badge">Gold</span></a>
        <a class="css-card" href="https://nodpublishers.com/careers"><div><img alt="Nod Publishers"
          src="/b.png"></div>
          <p class="css-name">Nod Publishers</p><span class="css-badge">Silver</span></a>
        <a class="css-card" href="https://get.firstup.io"><div><img alt="First Up Consultants" src="/c.png"></div>
          <p class="css-name">First Up Consultants</p><span
          class="css-badge">Silver</span></a></div></div></div></body></html>""",
        [
            ("Trey Research", "gold", "https://trey-research.io"),
            ("Nod Publishers", "silver", "https://nodpublishers.com/careers"),
            ("First Up Consultants", "silver", "https://get.firstup.io"),
        ],
    ),
    (
        "spanish, two earlier editions",
        "https://jornadas.es/patrocinadores",
        """<html lang="es"><body><h1>Patrocinadores 2026</h1>
        <h2>Patrocinadores Oro</h2><div><a href="https://consolidada.es"><img src="c.png" alt="Logotipo de
          Consolidada"></a></div>
        <h2>Patrocinadores Plata</h2><div><a href="https://munson.es"><img src="m.png" alt="Munson"></a>
          <a href="https://lamna.es"><img src="l.png" alt="Lamna Salud"></a></div>
        <h2>Colaboradores</h2><div><a href="https://uni-inventada.es"><img src="u.png" alt="Universidad
          Inventada"></a></div>
        <h2>Patrocinadores 2025</h2><div><a href="https://vieja.es"><img src="v.png" alt="Vieja SL"></a></div>
        <h2>¿Quieres ser patrocinador?</h2><a href="https://docs.google.com/forms/x">Formulario</a></body></html>""",
        [
            ("Consolidada", "gold", "https://consolidada.es"),
            ("Munson", "silver", "https://munson.es"),
            ("Lamna Salud", "silver", "https://lamna.es"),
            ("Universidad Inventada", "colaboradores", "https://uni-inventada.es"),
        ],
    ),
    (
        "french, metals of one word",
        "https://journees.fr/partenaires",
        """<html lang="fr"><body><h1>Nos sponsors</h1><h2>Or</h2><ul><li><a href="https://bleue.fr">
          <img src="b.png" alt="Yonder
        Bleue"></a></li></ul><h2>Argent</h2><ul><li><a href="https://liberte.fr"><img src="l.png" alt="Liberté
          SA"></a></li>
        <li><a href="https://sud.fr"><img src="s.png" alt="Sud Vidéo"></a></li></ul></body></html>""",
        [
            ("Yonder Bleue", "gold", "https://bleue.fr"),
            ("Liberté SA", "silver", "https://liberte.fr"),
            ("Sud Vidéo", "silver", "https://sud.fr"),
        ],
    ),
    (
        "home page: names in a list, a sentence, and classes as tiers",
        "https://kubeday.io/",
        f"""<html><body>{_NAV}<h1>KubeDay 2026</h1><h2>Agenda</h2><ul><li>9:00 Opening</li></ul>
        <section class="sponsors"><h2>Sponsors</h2>
         <div class="sponsors__tier sponsors__tier--gold"><a href="https://phone.co"><img src="p.svg" alt="The
          Phone Company"></a></div>
         <div class="sponsors__tier sponsors__tier--bronze"><a href="https://superior.host"><img src="s.svg"
          alt="Superior Hosting"></a>
          <a href="https://wideworld.com"><img src="w.svg" alt="Wide World Importers"></a></div></section>
        <h2>Companies attending</h2><ul><li><img src="x.png" alt="Attendee Corp"></li></ul>{_FOOTER}</body></html>""",
        [
            ("The Phone Company", "gold", "https://phone.co"),
            ("Superior Hosting", "bronze", "https://superior.host"),
            ("Wide World Importers", "bronze", "https://wideworld.com"),
        ],
    ),
    (
        "definition list and bold lines",
        "https://meet.ruby.social/sponsors.html",
        """<html><body><h1>Sponsors</h1><p><strong>Gold sponsors</strong></p><p>
          <a href="https://apex.dev">Apex</a></p>
        <p><a href="https://bravo.dev">Bravo Tools</a></p><p><strong>Silver sponsors:</strong></p>
        <ul><li><a href="https://delta.dev">Delta Freight</a> – ships it</li><li>Echo
          Systems</li></ul></body></html>""",
        [
            ("Apex", "gold", "https://apex.dev"),
            ("Bravo Tools", "gold", "https://bravo.dev"),
            ("Delta Freight", "silver", "https://delta.dev"),
            ("Echo Systems", "silver", None),
        ],
    ),
    (
        "single sponsors below tiers, headings as siblings of a grid in another section",
        "https://rubyfest.org/",
        """<html><body><h1>RubyFest</h1><section class="elementor-section"><h2>Our Sponsors</h2></section>
        <section class="elementor-section"><div class="col"><h4>Exclusive</h4><a href="https://avocado.io"><img
          src="avo.svg"
          alt="Avocado Admin"></a></div><div class="col"><h4>Travel</h4><a href="https://hotelio.com"><img src="h.svg"
          alt="Hotelio"></a></div></section>
        <section><h2>Past sponsors</h2><a href="https://oldie.com"><img src="o.svg"
          alt="Oldie"></a></section></body></html>""",
        [
            ("Avocado Admin", "exclusive", "https://avocado.io"),
            ("Hotelio", "travel", "https://hotelio.com"),
        ],
    ),
    (
        "swapcard-like grid: no links, logos beside names, category chips",
        "https://app.eventhub.com/event/bigshow/exhibitors",
        """<html><body><div class="sc-root"><h1>Exhibitors</h1><div class="sc-grid">
        <div class="sc-cell"><a href="/event/bigshow/exhibitor/123"><div class="sc-logo"><img
          src="https://cdn.eventhub.com/9f8e7d6c.png"
          alt=""></div><div class="sc-title">Alpha Robotics GmbH</div><div class="sc-sub">Booth A12</div></a></div>
        <div class="sc-cell"><a href="/event/bigshow/exhibitor/124"><div class="sc-logo"><img
          src="https://cdn.eventhub.com/1a2b3c4d.png"
          alt=""></div><div class="sc-title">Beta Optics</div><div class="sc-sub">Booth A13</div></a></div>
        <div class="sc-cell"><a href="/event/bigshow/exhibitor/125"><div class="sc-logo"><img
          src="https://cdn.eventhub.com/aa2b3c4d.png"
          alt=""></div><div class="sc-title">Gamma Foods, Inc.</div><div class="sc-sub">Booth B2</div></a></div>
        </div></div></body></html>""",
        [("Alpha Robotics GmbH", None, None), ("Beta Optics", None, None), ("Gamma Foods, Inc.", None, None)],
    ),
    (
        "hugo: nested headings, tier in capitals with emoji and price, one logo in two colours",
        "https://gophersummit.com/2026/",
        """<html><head><title>Gopher Summit 2026</title></head><body><h1>Gopher Summit</h1>
        <h2>Speakers</h2><h3>Linus Garcia</h3><p><a href="https://garcia-labs.com">Garcia Labs</a></p>
        <h2 id="sponsors">Sponsors</h2>
        <h3>🥇 GOLD ($10,000)</h3><div class="logos"><a href="http://deltaware.com/"><img class="dark:hidden"
          src="/d-light.svg"
          alt="Deltaware"><img class="hidden dark:block" src="/d-dark.svg" alt="Deltaware"></a></div>
        <h3>Coffee Sponsor</h3><div class="logos"><a href="https://beanworks.coffee"><img src="/beanworks.svg"
          alt="Beanworks"></a></div>
        <h3>Diversity &amp; Inclusion</h3><div class="logos"><a href="https://openhands.org"><img src="/oh.svg"
          alt="Open Hands"></a></div>
        <h2>Sponsors of 2024</h2><div class="logos"><a href="https://gone.io"><img src="/g.svg" alt="Gone
          Inc."></a></div>
        <h2>Stay in touch</h2><a href="https://list-manage.com/x">Newsletter</a></body></html>""",
        [
            ("Deltaware", "gold", "http://deltaware.com"),
            ("Beanworks", "coffee", "https://beanworks.coffee"),
            ("Open Hands", "diversity & inclusion", "https://openhands.org"),
        ],
    ),
    (
        "articles with headings, tiers as labels of sections and lists",
        "https://www.aiweek.eu/sponsors",
        """<html><body><main><section aria-label="Platinum sponsors"><article><h3>
          <a href="https://neuralforge.ai">Neural Forge</a></h3>
          <p>Neural Forge trains models with <a href="https://gpu-partner.com">GPU
          Partner</a>.</p></article></section>
        <section aria-labelledby="s2"><h2 id="s2">Silver</h2><ul class="grid">
          <li><article><img src="/q.svg" alt="Quill logo"><h3>Quill &amp; Co</h3><a
          href="https://quill.co">quill.co</a>
            <a href="https://twitter.com/quill">@quill</a></article></li>
          <li><article><img src="/r.svg" alt="Rook logo"><h3>Rook Security</h3><a
          href="https://rook.security">rook.security</a></article></li>
        </ul></section><section><h2>Interested in sponsoring?</h2><p>Get in touch</p><a
          href="/contact">Contact</a></section></main></body></html>""",
        [
            ("Neural Forge", "platinum", "https://neuralforge.ai"),
            ("Quill & Co", "silver", "https://quill.co"),
            ("Rook Security", "silver", "https://rook.security"),
        ],
    ),
    (
        "tables as layout, links to outside through images without texts",
        "http://oldschoolcon.org/sponsors.php",
        """<html><body><center><font size="5"><b>Sponsors</b></font></center><table><tr><td colspan="2">
          <b>Gold Level</b></td></tr>
        <tr><td><a href="http://www.ironhorse.com"><img src="logos/ironhorse.gif" border="0"></a></td>
        <td><a href="http://www.jadewater.net"><img src="logos/jw_200.gif"></a></td></tr>
        <tr><td colspan="2"><b>Silver Level</b></td></tr><tr><td><a href="http://kiteworks-studio.com"><img
          src="logos/kite.jpg"
        title="Kiteworks Studio"></a></td><td></td></tr></table></body></html>""",
        [
            ("Ironhorse", "gold", "http://www.ironhorse.com"),
            ("jadewater.net", "gold", "http://www.jadewater.net"),
            ("Kiteworks Studio", "silver", "http://kiteworks-studio.com"),
        ],
    ),
    (
        "a sentence in the footer, and hidden instructions",
        "https://smallmeet.dev/",
        """<html><body><h1>Small Meet</h1><p>A meetup.</p><div style="display:none"><h2>Platinum sponsors</h2>
          <a href="https://evil.com">
        <img alt="Evil Corp" src="e.png"></a></div><footer><h4>Sponsored by</h4><p><a
          href="https://lima.software">Lima Software</a> and
        <a href="https://mike.cloud">Mike Cloud</a></p></footer></body></html>""",
        [("Lima Software", None, "https://lima.software"), ("Mike Cloud", None, "https://mike.cloud")],
    ),
    (
        "italian and portuguese words, names as text",
        "https://fiera.it/sponsor",
        """<html lang="it"><body><h1>Sponsor</h1><div class="tier"><div class="tier-title">Main Sponsor</div>
          <div class="box">
        <a href="https://rossi-inventati.it"><img src="r.png" alt="Rossi Inventati S.p.A. logo"></a></div></div>
        <div class="tier"><div class="tier-title">Sponsor Argento</div><div class="box"><a
          href="https://bianchi.it"><img src="b.png"
        alt="Bianchi"></a></div><div class="box"><a href="https://verdi.it"><img src="v.png"
          alt="Verdi"></a></div></div>
        <div class="tier"><div class="tier-title">Media Partner</div><div class="box"><a
          href="https://giornale-finto.it"><img src="g.png"
        alt="Giornale Finto"></a></div></div></body></html>""",
        [
            ("Rossi Inventati S.p.A.", "main", "https://rossi-inventati.it"),
            ("Bianchi", "silver", "https://bianchi.it"),
            ("Verdi", "silver", "https://verdi.it"),
            ("Giornale Finto", "media partner", "https://giornale-finto.it"),
        ],
    ),
    (
        "tiers that fold out",
        "https://confx.io/sponsors",
        "<h1>Sponsors</h1><details open><summary>Gold</summary><ul><li><a href=https://a1.com>Alpha One"
        "</a></li></ul></details><details><summary>Silver</summary><div>"
        '<a href=https://b2.com><img alt="Beta Two" src=b.png></a><a href=https://c3.com>'
        '<img alt="Cee Three" src=c.png></a></div></details>',
        [
            ("Alpha One", "gold", "https://a1.com"),
            ("Beta Two", "silver", "https://b2.com"),
            ("Cee Three", "silver", "https://c3.com"),
        ],
    ),
    (
        "addresses as the words of links",
        "https://confx.io/sponsors",
        '<h1>Partners</h1><h2>Strategic Partners</h2><div class="grid"><div class="item">'
        '<img src="/img/zeta.png"><p>Zeta Works</p><a href="https://zeta.works">zeta.works</a></div>'
        '<div class="item"><img src="/img/eta.png"><p>Eta Inc</p><a href="https://eta.inc">eta.inc</a>'
        "</div></div>",
        [
            ("Zeta Works", "strategic partner", "https://zeta.works"),
            ("Eta Inc", "strategic partner", "https://eta.inc"),
        ],
    ),
    (
        "names as headings above paragraphs",
        "https://confx.io/sponsors",
        "<h1>Our Sponsors</h1><h2>Gold Sponsors</h2><h3>Acme Rockets</h3>"
        '<p>Acme builds rockets. <a href="https://acme-rockets.com">acme-rockets.com</a></p>'
        '<h3>Blue Ocean</h3><p>Blue builds boats. <a href="https://blueocean.io">Website</a></p>'
        "<h2>Silver Sponsors</h2><h3>Crimson Labs</h3>"
        '<p>Crimson. <a href="https://crimsonlabs.dev">Website</a></p>',
        [
            ("Acme Rockets", "gold", "https://acme-rockets.com"),
            ("Blue Ocean", "gold", "https://blueocean.io"),
            ("Crimson Labs", "silver", "https://crimsonlabs.dev"),
        ],
    ),
    (
        "tiers before a colon",
        "https://confx.io/sponsors",
        '<h1>Sponsors</h1><ul><li>Platinum: <a href="https://one.com">One Corp</a></li><li>Gold: '
        '<a href="https://two.com">Two Corp</a>, <a href="https://three.com">Three Corp</a></li></ul>',
        [
            ("One Corp", "platinum", "https://one.com"),
            ("Two Corp", "gold", "https://two.com"),
            ("Three Corp", "gold", "https://three.com"),
        ],
    ),
    (
        "tiers in the texts of logos",
        "https://confx.io/sponsors",
        '<h1>Sponsors</h1><div class="sponsors"><a href="https://one.com">'
        '<img alt="Gold Sponsor: One Corp" src="1.png"></a>'
        '<a href="https://two.com"><img alt="Two Corp - Silver Sponsor" src="2.png">'
        '</a><a href="https://three.com"><img alt="Three Corp logo" src="3.png"></a></div>',
        [
            ("One Corp", "gold", "https://one.com"),
            ("Two Corp", "silver", "https://two.com"),
            ("Three Corp", None, "https://three.com"),
        ],
    ),
    (
        "roles instead of tags",
        "https://confx.io/sponsors",
        '<main><div role="heading" aria-level="1">Sponsors'
        '</div><div role="heading" aria-level="2">Gold Tier</div><div role="list">'
        '<div role="listitem"><a href="https://one.com" title="One Corp"><svg aria-hidden="true"></svg>'
        '</a></div><div role="listitem"><a href="https://two.com" aria-label="Two Corp">'
        '<span style="background-image:url(/x.png)"></span></a></div></div></main>',
        [("One Corp", "gold", "https://one.com"), ("Two Corp", "gold", "https://two.com")],
    ),
    (
        "drawings with titles",
        "https://confx.io/sponsors",
        '<h1>Sponsors</h1><h2>Platinum</h2><a href="https://one.com"><svg role="img">'
        "<title>One Corp</title></svg></a>"
        '<a href="https://two.com"><img srcset="/two-corp.png 1x, /two-corp@2x.png 2x" alt>'
        '</a><a href="https://three.com"><amp-img src="/3.png" alt="Three Corp"></amp-img></a>',
        [
            ("One Corp", "platinum", "https://one.com"),
            ("Two Corp", "platinum", "https://two.com"),
            ("Three Corp", "platinum", "https://three.com"),
        ],
    ),
    (
        "slides that are there twice",
        "https://confx.io/",
        "<h2>Sponsors</h2>"
        '<div class="slick-track"><div class="slick-slide slick-cloned" aria-hidden="true">'
        '<a href="https://one.com"><img alt="One Corp" src=1.png></a></div>'
        '<div class="slick-slide"><a href="https://one.com"><img alt="One Corp" src=1.png></a>'
        '</div><div class="slick-slide"><a href="https://two.com"><img alt="Two Corp" src=2.png>'
        "</a></div></div>",
        [("One Corp", None, "https://one.com"), ("Two Corp", None, "https://two.com")],
    ),
    (
        "japanese",
        "https://confx.io/sponsors",
        '<h1>スポンサー</h1><h2>ゴールドスポンサー</h2><a href="https://one.co.jp"><img alt="株式会社ワン"></a>'
        "<h2>シルバースポンサー"
        '</h2><a href="https://two.co.jp"><img alt="ツー株式会社"></a>'
        '<a href="https://three.co.jp"><img alt="スリー"></a>',
        [
            ("株式会社ワン", "gold", "https://one.co.jp"),
            ("ツー株式会社", "silver", "https://two.co.jp"),
            ("スリー", "silver", "https://three.co.jp"),
        ],
    ),
    (
        "a tier in the data of each card",
        "https://confx.io/",
        '<section id="partners"><h2>Partners</h2><div data-sponsor-level="platinum" class="p">'
        '<a href="https://one.com"><img alt="One Corp"></a></div>'
        '<div data-sponsor-level="gold" class="p"><a href="https://two.com"><img alt="Two Corp"></a>'
        "</div></section>",
        [("One Corp", "platinum", "https://one.com"), ("Two Corp", "gold", "https://two.com")],
    ),
    (
        "hosts and tools beside sponsors",
        "https://confx.io/",
        '<h2>Hosted by</h2><a href="https://org.com"><img alt="Org"></a><h2>Sponsored by'
        '</h2><a href="https://one.com"><img alt="One Corp"></a><h2>Powered by</h2>'
        '<a href="https://tix.com"><img alt="Tix"></a>',
        [("One Corp", None, "https://one.com")],
    ),
    (
        "a list of terms",
        "https://confx.io/sponsors",
        '<h1>Sponsors</h1><dl><dt>Gold</dt><dd><a href="https://one.com">One Corp</a></dd><dd>'
        '<a href="https://two.com">Two Corp</a></dd><dt>Silver</dt><dd>Three Corp</dd></dl>',
        [
            ("One Corp", "gold", "https://one.com"),
            ("Two Corp", "gold", "https://two.com"),
            ("Three Corp", "silver", None),
        ],
    ),
    (
        "a table of tiers",
        "https://confx.io/sponsors",
        "<h1>Sponsors</h1><table><tr><th>Tier</th><th>Sponsors</th></tr><tr><td>Gold</td>"
        '<td><a href="https://one.com">One Corp</a>, <a href="https://two.com">Two Corp</a></td>'
        '</tr><tr><td>Silver</td><td><a href="https://three.com">Three Corp</a></td></tr></table>',
        [
            ("One Corp", "gold", "https://one.com"),
            ("Two Corp", "gold", "https://two.com"),
            ("Three Corp", "silver", "https://three.com"),
        ],
    ),
]

NO_LISTS: list[tuple[str, str, str]] = [
    (
        "speakers",
        "https://devconf.io/speakers",
        """<h1>Speakers</h1><ul><li><img src="a.jpg" alt="Ada Moreau"><h3>Ada Moreau</h3>
          <a href="https://northwind.com">Northwind</a></li>
        <li><img src="b.jpg" alt="Tim Weiss"><h3>Tim Weiss</h3><a href="https://contoso.com">Contoso</a></li></ul>""",
    ),
    (
        "packages",
        "https://devconf.io/sponsor",
        """<h1>Become a sponsor</h1><table><tr><th></th><th>Gold</th><th>Silver</th></tr><tr>
          <td>Logo on website</td><td>yes</td>
        <td>yes</td></tr><tr><td>Tickets</td><td>5</td><td>2</td></tr></table><h2>Sponsorship
          packages</h2><ul><li>Gold: $5,000</li>
        <li>Silver: $2,000</li></ul><a href="https://docs.google.com/x">Prospectus</a>""",
    ),
    (
        "article",
        "https://news.example.com/story",
        """<h1>Acme raises money</h1><p>The round was led by <a href="https://fund.com">Fund</a> and
        <a href="https://other.com">Other Capital</a>, with <a href="https://third.vc">Third</a>.</p>""",
    ),
    ("shop", "https://shop.com", "<h1>Shoes</h1><ul><li><a href='/a'><img alt='Red shoe'></a></li></ul>"),
    ("nothing", "https://devconf.io/sponsors", ""),
    ("soon", "https://devconf.io/sponsors", "<h1>Sponsors</h1><p>To be announced soon. Stay tuned!</p>"),
]
