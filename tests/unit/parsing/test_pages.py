"""Text of pages: lists keep every name and link, articles lose what surrounds them, nobody reads what nobody sees."""

from __future__ import annotations

import pytest

from prospecting.parsing.pages import reduce_page
from tests.unit.parsing.sponsor_page_samples import SAMPLES

_SENTENCE = "It will hire forty people and open an office in Berlin before the end of the year. "
_ARTICLE = f"""<html><head><title>Northwind raises money</title></head><body>
<nav><ul><li><a href="/">Start</a></li><li><a href="/markets">Markets</a></li></ul></nav>
<article><h1>Northwind raises 20 million</h1>
<p>The round was led by <a href="/funds/big?a=1">Big Fund</a>. {_SENTENCE * 4}</p>
<p>{_SENTENCE * 5}</p></article><aside><h3>Most read</h3><a href="/other">Another story</a></aside>
<footer>Imprint</footer></body></html>"""


@pytest.mark.parametrize(
    ("url", "html", "sponsors"), [sample[1:] for sample in SAMPLES], ids=[one[0] for one in SAMPLES]
)
def test_a_list_keeps_all_names_and_links(
    url: str, html: str, sponsors: list[tuple[str, str | None, str | None]]
) -> None:
    page = reduce_page(html, url)
    assert page.kind == "list"
    for name, _, website in sponsors:
        # Of two logos without any text, the addresses are all there is.
        assert name.casefold() in page.text.casefold() or (website in page.links and "logos/" in html)
        assert website is None or website in page.links or website.partition("//")[2] in page.text


def test_an_article_is_read_without_what_surrounds_it() -> None:
    page = reduce_page(_ARTICLE, "https://news.example.com/2026/northwind")
    assert (page.kind, page.title, page.is_cut) == ("article", "Northwind raises money", False)
    assert page.text.startswith("# Northwind raises 20 million")
    assert page.links == ("https://news.example.com/funds/big?a=1",)
    for around in ("Markets", "Most read", "Imprint"):
        assert around not in page.text


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- {} -->",
        "<script>{}</script>",
        "<style>{}</style>",
        "<template>{}</template>",
        "<noscript><style>{}</style></noscript>",
        "<p hidden>{}</p>",
        "<p style='display:none'>{}</p>",
        "<p style='Display : NONE !important'>{}</p>",
        "<p style='visibility:hidden'>{}</p>",
        "<p style='opacity:0'>{}</p>",
        "<p style='font-size:0px'>{}</p>",
        "<p style='font-size: 1px;'>{}</p>",
        "<p style='position:absolute;left:-9999px'>{}</p>",
        "<p style='text-indent:-9999px'>{}</p>",
        "<p style='color:#fff;background:#ffffff'>{}</p>",
        "<p style='color:white; background-color: white'>{}</p>",
        "<p style='color:transparent'>{}</p>",
        "<p style='height:0;overflow:hidden'>{}</p>",
        "<p style='clip-path: inset(100%)'>{}</p>",
        "<div aria-hidden='true'>{}</div>",
        "<span class='sr-only'>{}</span>",
        "<div class='d-none'>{}</div>",
        "<textarea>{}</textarea>",
        "<title>{}</title>",
        "<meta name='description' content='{}'>",
        "<object>{}</object>",
        "<input value='{}'>",
        "<option>{}</option>",
    ],
)
def test_nobody_reads_what_nobody_sees(hidden: str) -> None:
    html = f"<h1>Sponsors</h1>{hidden.format('IGNORE-ALL-RULES')}<p>Northwind <b>Cloud</b></p>"
    for url in ("https://devconf.io/sponsors", "https://devconf.io/story"):
        page = reduce_page(html, url)
        assert "IGNORE-ALL-RULES" not in page.text
        assert "Northwind Cloud" in page.text
    in_article = _ARTICLE.replace("<h1>", f"{hidden.format('IGNORE-ALL-RULES')}<h1>")
    assert "IGNORE-ALL-RULES" not in reduce_page(in_article, "https://news.example.com/story").text


def test_a_long_page_is_cut_between_links() -> None:
    html = "<h1>Sponsors</h1>" + "".join(
        f"<a href='https://company-{n}.com/long/path'>Company {n}</a> " for n in range(500)
    )
    page = reduce_page(html, "https://devconf.io/sponsors", limit=1_000)
    assert page.is_cut
    assert 800 < len(page.text) <= 1_000
    assert page.text.count("](") == len(page.links) > 10
    assert all(link.endswith("/long/path") for link in page.links)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<p>Grüße</p>".encode(), "Grüße"),
        ("<meta charset=iso-8859-1><p>Grüße aus Köln</p>".encode("latin-1"), "Grüße aus Köln"),
        (b"", ""),
        (b"\x00\xff\xfe", ""),
        ("<p>a\ud800b\u200b\u202e</p>", "a?b"),
    ],
)
def test_any_bytes_can_be_read(content: str | bytes, expected: str) -> None:
    text = reduce_page(content, "https://a.com/about").text
    assert expected in text
    assert text.isprintable() or "\n" in text
