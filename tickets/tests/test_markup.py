"""The writing of articles: what is marked is shown so, and nothing else becomes part of the page."""

import re

import pytest

from tickets.markup import plain, rendered

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](//evil.example/)",
    "[x](http://plain.example/)",
    '[x](https://e.example/" onmouseover="alert(1))',
    "[x](https://e.example/'onclick='alert(1)')",
    "[<img src=x onerror=alert(1)>](https://e.example/)",
    "[**<b onclick=alert(1)>**](https://e.example/)",
    "![x](https://e.example/track.png)",
    "**<iframe src=https://e.example></iframe>**",
    "- <style>*{display:none}</style>\n- <link rel=stylesheet href=https://e.example>",
    "1. <form action=https://e.example><input name=password>\n2. <meta http-equiv=refresh content=0>",
    "## <math><mtext></table><mglyph><style><img src=x onerror=alert(1)>",
    "<!--><script>alert(1)</script-->",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#x3c;script&#x3e;",
    "\x00<scr\x00ipt>alert(1)</script>",
    "<base href=https://e.example/>\u2028<object data=x></object>",
    "[x](https://e.example/`onload`)",
    "[[x](https://a.example)](https://b.example/<script>)",
    "<template><script>alert(1)</script></template><noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    html = rendered(text)

    tags = re.findall(r"<\s*/?\s*([a-zA-Z!][^\s>/]*)([^>]*)>", html)
    assert {name.lower() for name, _rest in tags} <= {"p", "ul", "ol", "li", "b", "a", "br", "h2", "span"}
    for name, rest in tags:
        allowed = (
            r'( class="(s-terms|num)")?'
            if name != "a"
            else r'( (class="s-linkish"|href="(https://[^"]+)"|rel="[a-z ]+"))*'
        )
        assert re.fullmatch(allowed, rest), (name, rest)


def test_what_is_marked_is_shown_so() -> None:
    html = rendered("First **line**\nsecond\n\n## Wash\n- one\n- two [here](https://a.example/x?a=1&b=2)\n\n1. a\n2、b")

    assert html == (
        "<p>First <b>line</b><br>second</p><h2>Wash</h2>"
        '<ul class="s-terms"><li>one</li><li>two <a class="s-linkish" href="https://a.example/x?a=1&amp;b=2" rel="noopener noreferrer '
        'nofollow">here</a></li></ul>'
        '<ol><li><span class="num">1.</span> a</li><li><span class="num">2.</span> b</li></ol>'
    )
    assert plain("## Wash\n**cold** [here](https://a.example)") == "Wash\ncold here"


def test_a_long_text_of_marks_is_read_in_no_time() -> None:
    for text in ("[" * 3800, "**" * 1900, "[x](" * 950, "- " * 1900, "#" * 3800, "1." * 1900, "* * " * 950):
        assert len(rendered(text)) >= 0
