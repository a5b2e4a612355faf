"""Pages load nothing from elsewhere: an image in guidelines is a link to it, and nothing unsafe."""

import pytest
from django.test import Client

from accounts.markdown import markdown_html
from accounts.services import project_update
from tests.factory import PASSWORD, Cast

REL = 'rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("![a map](https://e.com/a.png)", f'<a href="https://e.com/a.png" {REL}>a map</a>'),
        ('<img src="/b.png" onerror="x()">', f'<a href="/b.png" {REL}>/b.png</a>'),
        ("![<script>alert(1)</script>](https://e.com/a)", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('<img alt="<b>x" src="javascript:alert(1)">', "&lt;b&gt;x"),
        ('`<img src="a">`', '<code>&lt;img src="a"&gt;</code>'),
    ],
)
def test_what_is_made_of_an_image(source: str, html: str) -> None:
    made = markdown_html(source)
    assert html in made
    assert "<img" not in made
    assert "javascript:" not in made


def test_the_projects_page_shows_the_link_and_the_form_says_so(client: Client, cast: Cast) -> None:
    project_update(project=cast.project, guidelines="![a map](https://e.com/a.png)")
    client.login(username=cast.owner.username, password=PASSWORD)
    page = client.get("/projects/library/").content.decode()
    assert 'href="https://e.com/a.png"' in page
    assert "<img" not in page
    for path in ("/projects/new/", "/projects/library/settings/"):
        assert "an image becomes a link" in client.get(path).content.decode()
