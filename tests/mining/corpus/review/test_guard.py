"""What the page's server answers only to the page itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mining.corpus.review.judging import JSON, as_sent, served


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        JSON | {"Origin": "http://evil.example"},
        JSON | {"Origin": "null"},
        JSON | {"Host": "evil.example"},
        JSON | {"Host": "evil.example:8765"},
        JSON | {"Host": "["},
        JSON | {"Host": "[::1"},
        JSON | {"Origin": "http://["},
        JSON | {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_foreign_page_cannot_write(run: Path, headers: dict[str, str]) -> None:
    client = served(run)
    pair = client.get("/api/pairs").json()["rows"][0][0]
    assert client.post("/api/verdicts", content=json.dumps(as_sent(pair)), headers=headers).status_code == 403
    assert not (run / "review").exists()


def test_a_foreign_name_cannot_read(run: Path) -> None:
    client = served(run, host="reviewer.lan")
    assert client.get("/api/pairs", headers={"Host": "evil.example"}).status_code == 403
    for own in ("127.0.0.1:8765", "localhost", "[::1]:8765", "192.168.1.7:8765", "Reviewer.lan:8765"):
        answer = client.get("/api/pairs", headers={"Host": own})
        assert answer.status_code == 200, own
        assert "access-control-allow-origin" not in answer.headers
        assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_foreign_page_can_open_the_page_and_ask_for_nothing(run: Path) -> None:
    client = served(run)
    for path, site, status in (
        ("/", "cross-site", 200),
        ("/api/next?person=Asha&tab=1", "cross-site", 403),
        ("/api/next?person=Asha&tab=1", "same-site", 403),  # another port of this machine
        ("/api/next?person=Asha&tab=1", "same-origin", 200),
    ):
        assert client.get(path, headers={"Sec-Fetch-Site": site}).status_code == status, (path, site)


def test_a_request_that_is_too_long_is_refused(run: Path) -> None:
    answer = served(run).post("/api/verdicts", content=b" " * 200_000, headers=JSON)
    assert answer.status_code == 403
    assert "at most" in answer.json()["error"]


def test_nothing_outside_the_page_is_served(run: Path) -> None:
    client = served(run)
    assert client.get("/static/main.js").status_code == 200
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/app.py", "/static/"):
        assert client.get(path).status_code == 404, path
