"""The API as its callers use it: the pipeline, tenants, users of Airflow, mail providers, on a real API server."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.batches import Saved
from prospecting.persistence.signals import link_entities
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import add_companies, count, stored, versions, write_results
from tests.db.recommending import add_accounts
from tests.made_up_outreach import write_outreach
from tests.web.calling import (
    INTERNAL_KEY,
    POSTMARK_KEY,
    POSTMARK_LOGIN,
    add_org,
    basic,
    issue,
    pipeline,
    program,
    signed_plain,
    signed_sendgrid,
    with_token,
)
from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow

RAW = {"target_business_summary": "Cloud for GPUs", "competitor_profiles": [{"name": "Lambda", "rank": 1.5}]}
COMPANY = {
    "company_domain": "https://WWW.CoreWeave.com/about?x=1",
    "company_name": "CoreWeave",
    "client_company_name": "SecurityPal",
    "raw_parallel_output": RAW,
    "processor": "ultra",
}
PERSON = {
    "person_full_name": "Jim Higgins",
    "person_linkedin_url": "https://www.linkedin.com/in/JimHiggins/",
    "person_current_company_name": "CoreWeave",
    "client_company_name": "SecurityPal",
    "raw_parallel_output": RAW,
    "client_company_domain": "runners send more than is stored",
}
TITLES = {"company_domain": "coreweave.com", "raw_parallel_output": {"titles": [{"title": "CISO"}]}}
KINDS = {"company-intel-briefings": COMPANY, "person-intel-briefings": PERSON, "icp-job-titles": TITLES}
ANN = UUID(int=1)


def unfit(value: bytes) -> bytes:
    return b'{"company_domain": "acme.com", "raw_parallel_output": {"x": %s}}' % value


UNFIT = {
    "NaN": unfit(b"NaN"),
    "Infinity": unfit(b"-Infinity"),
    "infinite": unfit(b"1e400"),
    "endless": unfit(b"9" * 5_000),
    "twice": unfit(b'1, "x": 2'),
    "twice within": unfit(b'[{"y": 1, "y": 1}]'),
    "deep": unfit(b"[" * 100_000),
    "latin-1": unfit(b'"\xe9"'),
    "gzip": gzip.compress(unfit(b"1")),
}
"""Bodies that other programs would read otherwise, or not at all."""


def error(answer: httpx.Response) -> tuple[int, str]:
    assert list(answer.json()) == ["error"], answer.text
    return answer.status_code, answer.json()["error"]


@pytest.fixture
def acme(engine: Engine) -> UUID:
    return add_org(engine, "acme")


@pytest.fixture
def globex(engine: Engine) -> UUID:
    return add_org(engine, "globex")


# ------------------------------------------------------------------ briefings
def test_briefings_are_saved_by_the_pipeline_and_seen_by_their_org_alone(
    server: ApiServer, engine: Engine, acme: UUID, globex: UUID
) -> None:
    saver = pipeline(server, acme)
    ids = {}
    for kind, body in KINDS.items():
        answer = saver.post(f"/internal/{kind}/upsert", json=body)
        assert answer.status_code == 200, answer.text
        row = answer.json()["data"]
        assert (row["org_id"], row["raw_parallel_output"]) == (str(acme), body["raw_parallel_output"])
        ids[kind] = row["id"]
    with engine.connect() as connection:
        before = versions(connection)
    for kind, body in KINDS.items():
        assert saver.post(f"/internal/{kind}/upsert", json=body).json()["data"]["id"] == ids[kind]
    with engine.connect() as connection:
        after = versions(connection)
    assert [name for name in before if name != "task_attempts" and before[name] != after[name]] == []
    other = saver.post(
        "/internal/company-intel-briefings/upsert", json={**COMPANY, "client_company_name": "WithCoverage"}
    )
    assert other.json()["data"]["id"] != ids["company-intel-briefings"], "each client has its own view"

    own, foreign = (with_token(server, issue(engine, org).token) for org in (acme, globex))
    administrator = with_token(server, issue(engine).token)
    for kind in KINDS:
        path = f"/v1/{kind}/query"
        expected = 2 if kind.startswith("company") else 1
        found = own.post(path, json={}).json()
        assert (len(found["data"]), found["total"]) == (expected, expected)
        for given in (str(globex), "globex", "", None):
            assert own.post(path, json={"org_id": given}).json()["total"] == expected, "always the tenant's own org"
        assert foreign.post(path, json={"org_id": str(acme)}).json() == {"data": [], "total": 0}
        assert administrator.post(path, json={"org_id": str(acme)}).json() == found
        for blank in ({}, {"org_id": None}, {"org_id": " "}):
            assert error(administrator.post(path, json=blank)) == (
                400, "org_id is missing: administrators say whose briefings they ask for",
            )  # fmt: skip
        assert error(administrator.post(path, json={"org_id": "acme"})) == (
            422, "org_id is not a UUID; give the id of an org",
        )  # fmt: skip
    path = "/v1/company-intel-briefings/query"
    for filters, expected in (
        ({"company_domain": "COREWEAVE.com/"}, 2),
        ({"company_domain": "elastic.co"}, 0),
        ({"client_company_name": " securitypal "}, 1),
        ({"client_company_name": ""}, 2),
        ({"company_domain": "coreweave.com", "client_company_name": "WithCoverage"}, 1),
    ):
        assert own.post(path, json=filters).json()["total"] == expected, filters
    for page in ({"limit": True}, {"offset": False}, {"limit": 1.5}, {"limit": None}):
        assert error(own.post(path, json=page))[0] == 422, page
    for page, rows in (
        ({"limit": 1}, 1),
        ({"limit": -5}, 1),
        ({"offset": 1}, 1),
        ({"offset": 2}, 0),
        ({"limit": 10**9}, 2),
    ):
        found = own.post(path, json=page).json()
        assert (len(found["data"]), found["total"]) == (rows, 2), page
    with engine.begin() as connection:
        connection.execute(text("update company_intel_briefings set raw_parallel_output = '[1]'"))
    rows = own.post(path, json={}).json()["data"]
    assert [row["raw_parallel_output"] for row in rows] == [[1], [1]], "what came otherwise is answered as it is"


def test_saving_briefings_is_refused_in_words(server: ApiServer, engine: Engine, acme: UUID, globex: UUID) -> None:
    path = "/internal/company-intel-briefings/upsert"

    def refused(body: Any = COMPANY, key: str | None = f"Bearer {INTERNAL_KEY}", **headers: str) -> tuple[int, str]:
        given = {"x-internal-org-id": str(acme), **headers} | ({"Authorization": key} if key else {})
        return error(program(server).post(path, json=body, headers={k: v for k, v in given.items() if v}))

    assert refused(key=None) == (401, "Missing authorization token")
    assert refused(key="Basic eA==") == (401, "Missing authorization token")
    assert refused(key="Bearer wrong") == (401, "Invalid internal API key")
    assert refused(key=f"Bearer {issue(engine).token}") == (401, "Invalid internal API key")
    assert refused(**{"x-internal-org-id": ""}) == (401, "Missing header x-internal-org-id")
    assert refused(**{"x-internal-org-id": "acme"})[0] == 400
    assert refused(**{"x-internal-org-id": str(uuid4())})[0] == 400, "no such org"
    assert refused({**COMPANY, "company_domain": "  "}) == (
        422, "company_domain has to be a company's own domain, such as acme.com",
    )  # fmt: skip
    assert refused({**COMPANY, "raw_parallel_output": "text"})[0] == 422
    assert refused({**COMPANY, "raw_parallel_output": {}})[0] == 422
    assert refused({"raw_parallel_output": RAW}) == (422, "company_domain: Field required")
    assert refused({**COMPANY, "source_submission_id": str(uuid4())})[0] == 400, "no submission of the org"
    assert refused({**COMPANY, "source_submission_id": "secret"}) == (
        422,
        "source_submission_id: Input should be a UUID",
    )
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"a": deep}
    assert refused({**COMPANY, "raw_parallel_output": deep})[0] == 422
    with engine.connect() as connection:
        assert count(connection, "company_intel_briefings") == 0


def test_what_is_too_large_or_no_json_is_refused_before_it_is_parsed(
    server: ApiServer, engine: Engine, acme: UUID
) -> None:
    client = with_token(server, issue(engine, acme).token)
    path, as_json = "/v1/icp-job-titles/query", {"Content-Type": "application/json"}

    def parts(size: int) -> Iterator[bytes]:
        yield b"["
        for _ in range(size // 10_000):
            yield b"1," * 5_000

    assert error(client.post(path, content=b"[" * 1_000_001, headers=as_json))[0] == 413
    assert error(client.post(path, content=parts(1_100_000), headers=as_json))[0] == 413, "without a Content-Length"
    assert error(client.post(path, content=b"[" * 1_000_000, headers=as_json))[0] == 400
    assert error(client.post(path, content=b'{"limit": ', headers=as_json)) == (400, "The body is not JSON")
    assert error(client.post(path, content=b"limit=1"))[0] == 400
    saver, saving = pipeline(server, acme), "/internal/company-intel-briefings/upsert"
    told = {}
    for name, content in UNFIT.items():
        status, told[name] = error(saver.post(saving, content=content, headers=as_json))
        assert status == 400, name
    assert len(set(told.values())) == 5, told
    assert "compressed" in told["gzip"]
    with engine.connect() as connection:
        assert count(connection, "company_intel_briefings") == 0
    assert saver.post(saving, content=b"\xef\xbb\xbf" + unfit(b"1e300"), headers=as_json).status_code == 200
    assert error(client.post(path, json={"company_domian": "acme.com"})) == (
        422, "company_domian: Extra inputs are not permitted",
    )  # fmt: skip
    assert error(client.post(path, json={"offset": 10**30}))[0] == 422
    assert error(program(server).post(path, content=b"[" * 5_000_000, headers=as_json))[0] == 401


# ------------------------------------------------------------------ tokens
def test_tokens_end_and_have_their_turn(server: ApiServer, engine: Engine, acme: UUID) -> None:
    def ask(token: str) -> httpx.Response:
        return with_token(server, token).post("/v1/icp-job-titles/query", json={})

    issued = issue(engine, acme, days=1)
    assert ask(issued.token).status_code == 200
    with engine.begin() as connection:
        assert issued.token not in str(stored(connection, "api_tokens"))
        assert stored(connection, "api_tokens", "last_used_at is not null as used") == [{"used": True}]
        connection.execute(text("update rate_limits set tokens = 0, refilled_at = now() + interval '1 hour'"))
    limited = ask(issued.token)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "1")
    assert ask(issue(engine, acme).token).status_code == 200, "another token has its own turn"
    for change in ("expires_at = now()", "expires_at = null, revoked_at = now()"):
        with engine.begin() as connection:
            connection.execute(text(f"update api_tokens set {change}"))
        assert error(ask(issued.token))[0] == 401
    assert error(ask(issued.token[:-1]))[0] == 401


# ------------------------------------------------------------------ research and interactions
def test_users_save_and_see_their_own_research_and_interactions(server: ApiServer, engine: Engine, acme: UUID) -> None:
    ann = with_token(server, issue(engine, acme, ANN).token)
    nobody = with_token(server, issue(engine, acme).token)
    root = "/v1/prospect-intelligence"
    research = {
        "data": {"companyName": "Acme", "companyWebsite": "https://acme.com"},
        "extracted_at": "2026-01-02T03:04:05Z",
    }
    saved = ann.post(f"{root}/research", json=research)
    assert saved.status_code == 200, saved.text
    assert (saved.json()["success"], saved.json()["research"]["icp_score"]) == (True, 4)
    assert saved.json()["research"]["is_new"]
    again = ann.post(f"{root}/research", json=research).json()
    assert (again["research"]["id"], again["research"]["is_new"]) == (saved.json()["research"]["id"], False)
    batch = ann.post(
        f"{root}/research/batch", json={"research": [{"data": {}}, {**research, "website_url": "globex.com"}]}
    )
    first, second = batch.json()["results"]
    assert "website_url is missing" in first["error"]
    assert second["research"]["account_domain"] == "globex.com"
    mine = ann.get(f"{root}/research").json()["data"]
    assert [row["company_name"] for row in mine] == ["Acme", "Acme"]
    assert ann.get(f"{root}/research/{mine[0]['id']}").json()["data"]["companyName"] == "Acme"

    viewed = {"account_domain": "acme.com", "interaction_type": "viewed", "interaction_id": str(UUID(int=7))}
    assert ann.post(f"{root}/interaction", json=viewed).json()["id"] == str(UUID(int=7))
    logged = ann.post(f"{root}/interactions", json={"interactions": [
        viewed, {**viewed, "interaction_id": None}, {**viewed, "interaction_type": "waved"},
        {**viewed, "account_domain": ""},
    ]}).json()  # fmt: skip
    assert (logged["logged"], logged["known"]) == (1, 1)
    assert [one["reason"] for one in logged["rejected"]] == ["unknown_type", "invalid_account_domain"]
    with engine.connect() as connection:
        assert {row["user_id"] for row in stored(connection, "user_interactions")} == {ANN}

    for body, why in (
        ({}, "account_domain: Field required; interaction_type: Field required"),
        ({**viewed, "interaction_type": "waved"}, "Unknown interaction_type"),
        ({**viewed, "account_domain": ""}, "account_domain is not a company's own domain"),
        ({**viewed, "created_at": "2026-01-01T00:00:00"}, "has no time zone"),
        ({**viewed, "created_at": 1767323045}, "created_at: Value error, give the time as text"),
        ({**viewed, "accountDomain": "acme.com"}, "accountDomain: Extra inputs"),
    ):
        status, told = error(ann.post(f"{root}/interaction", json=body))
        assert (status, why in told) == (400, True), told
    assert error(ann.post(f"{root}/interaction", content=b"x"))[0] == 400, "JSON content type"
    camel = {"accountDomain": "acme.com", "interactionType": "viewed", "interactionId": viewed["interaction_id"]}
    assert ann.post(f"{root}/interaction", json=camel).json()["id"] == viewed["interaction_id"]
    assert error(program(server).post(f"{root}/interaction", json=viewed))[0] == 401
    assert error(nobody.post(f"{root}/interaction", json=viewed))[0] == 403

    # Users of Airflow act under an id of their own; a viewer reads, and writes nothing.
    user, viewer = server.as_user("user"), server.as_user("viewer")
    origin = {"Origin": server.origin}
    assert user.get(f"api{root}/research/{mine[0]['id']}").status_code == 404, "somebody else's"
    assert (
        user.post(f"api{root}/interaction", json={**viewed, "interaction_id": None}, headers=origin).status_code == 200
    )
    assert viewer.get(f"api{root}/research").json() == {"data": []}
    assert error(viewer.post(f"api{root}/interaction", json=viewed, headers=origin))[0] == 403
    assert error(user.post(f"api{root}/interaction", json=viewed, headers={"Origin": "https://evil.com"}))[0] == 403


# ------------------------------------------------------------------ what the team sees
def test_the_team_reads_accounts_and_signals_and_tenants_do_not(server: ApiServer, engine: Engine, acme: UUID) -> None:
    with engine.begin() as connection:
        execution = write_results(connection)
        add_contact(connection, stored(connection, "companies", "id")[0]["id"], email="ada@acme.com")
        write_outreach(connection)
        for kind, table in (("company", "companies"), ("person", "persons")):
            link_entities(connection, execution, kind, [Saved(row["id"], True) for row in stored(connection, table)])
        add_accounts(connection, "initech.com")
        connection.execute(text(
            "insert into account_recommendations (recommended_on, account_domain, rank, score, is_exploration, "
            "propensity, reasons) values ('2026-01-01', 'initech.com', 1, 0.5, false, 1, array['High ICP score'])"
        ))  # fmt: skip
        contact = stored(connection, "contacts", "id, company_id")[0]
        signal = stored(connection, "signals", "id, name")[0]
    team = with_token(server, issue(engine).token)
    viewer = server.as_user("viewer")
    tenant = with_token(server, issue(engine, acme, ANN).token)
    account = f"/v1/accounts/{contact['company_id']}"
    paths = {
        "/v1/recommendations": lambda found: [row["reasons"] for row in found["data"]] == [["High ICP score"]],
        "/v1/accounts?limit=1": lambda found: found["next"] == found["data"][0]["id"],
        account: lambda found: found["summary"]["total_contacts"] == len(found["contacts"]) > 0,
        f"{account}/health": lambda found: 0 <= found["total_score"] <= 100,
        f"/v1/contacts/{contact['id']}/expansion-targets?min_relationship_strength=weak": lambda found: "data" in found,
        f"/v1/contacts/{contact['id']}/context": lambda found: found["contact"]["id"] == str(contact["id"]),
        "/v1/signals": lambda found: [row["name"] for row in found["data"]] == [signal["name"]],
        f"/v1/signals/{signal['id']}": lambda found: found["name"] == signal["name"],
        f"/v1/executions?signal_id={signal['id']}": lambda found: found["data"][0]["id"] == str(execution),
        f"/v1/executions/{execution}": lambda found: found["events"] and found["companies"] and found["persons"],
    }
    for path, is_right in paths.items():
        found = team.get(path)
        assert found.status_code == 200, (path, found.text)
        assert is_right(found.json()), (path, found.text)
        assert viewer.get(f"api{path}").json() == found.json()
        assert error(tenant.get(path))[0] == 403
    for path in (
        "/v1/accounts/999999", "/v1/accounts/999999/health", f"/v1/contacts/{uuid4()}/context",
        f"/v1/contacts/{uuid4()}/expansion-targets", f"/v1/signals/{uuid4()}",
        f"/v1/executions/{uuid4()}", "/v1/nothing",
    ):  # fmt: skip
        assert error(team.get(path))[0] == 404, path
    assert error(team.get("/v1/executions?after=x"))[0] == 400
    assert error(team.get("/v1/accounts/x"))[0] == 422
    assert error(team.get("/v1/signals/"))[0] == 404, "another address, and no way to this one"
    assert "knows no such method" in error(team.delete("/v1/signals"))[1]

    # Page by page nothing is missing, and nothing comes twice.
    ids, after = [], 0
    while after is not None:
        page = team.get(f"/v1/accounts?limit=7&after={after}").json()
        ids += [row["id"] for row in page["data"]]
        after = page["next"]
    with engine.connect() as connection:
        assert ids == [row["id"] for row in stored(connection, "companies", "id", "id")]


# ------------------------------------------------------------------ mail providers
OPENED = {"kind": "opened", "occurred_at": "2026-01-02T03:04:05Z", "message_id": "m1"}
SENDGRID = [
    {"event": "open", "timestamp": 1767323045, "sg_message_id": "m1", "sg_event_id": "e1", "email": "ada@acme.com"}
]
POSTMARK = {"RecordType": "Open", "MessageID": "m1", "ReceivedAt": "2026-01-02T03:04:05Z", "Recipient": "ada@acme.com"}


def with_message(connection: Connection) -> None:
    company = add_companies(connection, "Acme")[0]
    contact = add_contact(connection, company, email="ada@acme.com")
    conversation = add_conversation(connection, contact, company)
    add_touchpoint(connection, conversation, email_message_id="m1", sent_at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("provider", ["ours", "sendgrid", "postmark"])
def test_reports_of_mail_providers_count_once_and_only_when_signed(
    server: ApiServer, engine: Engine, provider: str
) -> None:
    with engine.begin() as connection:
        with_message(connection)
    body = json.dumps({"ours": OPENED, "sendgrid": SENDGRID, "postmark": POSTMARK}[provider]).encode()
    proof = {
        "ours": signed_plain(body),
        "sendgrid": signed_sendgrid(body),
        "postmark": basic(POSTMARK_LOGIN, POSTMARK_KEY),
    }[provider]
    wrong = {
        "ours": [signed_plain(body, at=time.time() - 400), signed_plain(body + b" "), signed_plain(body, key="x"),
                 {"X-Prospecting-Signature": b"t=1,v1=\xe9"}, {"X-Prospecting-Signature": "t=-1,v1=0"}],
        "sendgrid": [signed_sendgrid(body + b" "), {**proof, "X-Twilio-Email-Event-Webhook-Signature": "!"}],
        "postmark": [basic(POSTMARK_LOGIN, "x"), basic("x", POSTMARK_KEY), {"Authorization": "Bearer x"}],
    }[provider]  # fmt: skip
    client = program(server)
    for headers in [{}, *wrong]:
        assert error(client.post(f"/events/{provider}", content=body, headers=headers))[0] == 401, headers
    with engine.connect() as connection:
        assert count(connection, "touchpoint_events") == 0
    first, again = (client.post(f"/events/{provider}", content=body, headers=proof).json() for _ in range(2))
    assert (first["new"], first["applied"], again["new"], again["known"]) == (1, 1, 0, 1)
    with engine.connect() as connection:
        assert [row["opened"] for row in stored(connection, "touchpoints", "opened_at is not null as opened")] == [True]


def test_reports_that_cannot_be_checked_or_read(server: ApiServer, engine: Engine) -> None:
    client = program(server)
    assert error(client.post("/events/broken", content=b"[]"))[0] == 503, "its key is none"
    for name in ("unknown", "../internal", "A"):
        assert client.post(f"/events/{name}", content=b"[]").status_code in (401, 405), name
    assert error(client.post("/events/ours", content=b"{", headers=signed_plain(b"{")))[0] == 400
    assert error(client.post("/events/ours", content=b"x" * 8_000_001))[0] == 413


def test_nothing_about_people_is_logged(server: ApiServer, engine: Engine, acme: UUID) -> None:
    saver = pipeline(server, acme)
    secret = "Zebulon Quixotic"
    saver.post("/internal/person-intel-briefings/upsert", json={**PERSON, "person_full_name": secret})
    saver.post("/internal/person-intel-briefings/upsert", json={**PERSON, "person_full_name": secret, "processor": 1})
    token = issue(engine, acme, ANN).token
    with_token(server, token).post("/v1/person-intel-briefings/query", json={"person_current_company_name": secret})
    with_token(server, token).post(
        "/v1/prospect-intelligence/research", json={"data": {"x": secret}, "company_name": secret}
    )
    log = server.log.read_text()
    assert "/internal/person-intel-briefings/upsert" in log
    assert not any(word in log for word in (secret, "Zebulon", token, INTERNAL_KEY))
