"""Past executions taken up again from their stored answers: what would change is shown first, and nobody is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from chaos.comparison import read
from prospecting import cli
from prospecting.agents.ledger import Ledger
from prospecting.agents.live import LiveAgents
from prospecting.persistence.execution_questions import Stage
from prospecting.services.executions import Execution, summarize_execution
from prospecting.services.past_executions import CannotBeTakenUp, TakenUp, describe, reparse, replay
from prospecting.services.runtime import Runtime
from tests.db.executing import Carrier, settings_for
from tests.db.factories import versions
from tests.db.test_findings_in_order import ManyAnswers, ask, end_stage, opened, planned
from tests.stand_in.server import StandIn

Take = Callable[[Runtime, Execution, ManyAnswers, bool], TakenUp]


def by_reparse(runtime: Runtime, execution: Execution, agents: ManyAnswers, is_applied: bool) -> TakenUp:
    return reparse(runtime, execution.id, is_applied=is_applied)


def by_replay(runtime: Runtime, execution: Execution, agents: ManyAnswers, is_applied: bool) -> TakenUp:
    def open_ledger(found: Execution) -> Ledger:
        return Ledger(runtime.engine, agents, found.scope)

    return replay(runtime, execution.id, open_ledger, is_applied=is_applied)


def ended(engine: Engine, agents: ManyAnswers, **fields: Any) -> tuple[Runtime, Execution]:
    """An execution on the answers of ``agents``, to its end."""
    runtime = Runtime(engine)
    execution = opened(runtime, **fields)
    for stage in Stage:
        for chunk in planned(runtime, execution, stage):
            ask(runtime, agents, execution, stage, chunk)
        end_stage(runtime, execution, stage)
    summarize_execution(runtime, execution.id, failed_tasks=0)
    agents.asked.clear()
    return runtime, execution


def change(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount > 0, "something to change"


def set_rule(engine: Engine, path: str, value: Any) -> None:
    """Have the execution follow another rule than the one by which its rows were saved."""
    change(
        engine,
        "update signal_executions set configuration = jsonb_set(configuration, cast(:path as text[]), :value)",
        path=path,
        value=json.dumps(value),
    )


def by_table(taken_up: TakenUp) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for one in taken_up.changes:
        kinds.setdefault(one.table, set()).add(one.kind)
    return kinds


@pytest.mark.parametrize("take", [by_reparse, by_replay])
def test_without_another_rule_nothing_is_different(engine: Engine, take: Take) -> None:
    agents = ManyAnswers()
    runtime, execution = ended(engine, agents)
    with engine.connect() as connection:
        before = versions(connection)
    done = take(runtime, execution, agents, True)
    assert (done.changes, done.is_written, done.unanswered, done.left_out) == ([], False, {}, 0)
    assert done.answers > 10
    with engine.connect() as connection:
        assert versions(connection) == before, "not one row was written, in no table"
    assert agents.asked == []


@pytest.mark.parametrize("take", [by_reparse, by_replay])
def test_another_rule_shows_its_rows_before_it_writes_them(engine: Engine, take: Take) -> None:
    agents = ManyAnswers()
    # By the older rule, no title was that of a CTO, and an event was too small for what is asked today.
    runtime, execution = ended(engine, agents, target_functions=["CEO"])
    set_rule(engine, "{target_functions}", ["CEO", "CTO"])
    # The questions about people name the functions; a rule of ours, unlike a prompt, leaves them as they were asked.
    if take is by_replay:
        for key, request in _questions(engine):
            change(
                engine,
                "update agent_calls set request_key = :new where request_key = :old",
                old=key,
                new=_key(agents, request | {"target_functions": ["CEO", "CTO"]}),
            )
    with engine.connect() as connection:
        before = versions(connection)

    shown = take(runtime, execution, agents, False)
    assert not shown.is_written
    with engine.connect() as connection:
        assert versions(connection) == before, "it was shown, and not written"
    assert by_table(shown)["persons"] >= {"added"}
    assert by_table(shown)["company_person_roles"] >= {"added"}
    assert by_table(shown)["rejected_records"] == {"gone"}, "they were in another function"
    lines = [*describe(shown, rows_per_table=2)]
    assert any(line.startswith("  + ") and "Kim" in line for line in lines)
    assert lines[-1] == "Nothing was written"

    written = take(runtime, execution, agents, True)
    assert written.is_written
    assert [one.kind for one in written.changes] == [one.kind for one in shown.changes]
    with engine.connect() as connection:
        people = connection.execute(text("select count(*) from persons where full_name like 'Kim %'")).scalar_one()
        status, contacts = connection.execute(
            text("select status, (stats ->> 'contactsDiscovered')::int from signal_executions")
        ).one()
    assert people >= 5, "one of each company that may be asked about"
    assert (status, contacts) == ("completed", people + 1)

    again = take(runtime, execution, agents, True)
    assert (again.changes, again.is_written) == ([], False), "a second time nothing is left to change"
    assert agents.asked == [], "nobody was asked"


def _questions(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    with engine.connect() as connection:
        rows = connection.execute(text("select request_key, request from agent_calls where agent = 'people'"))
        return [(row.request_key, row.request) for row in rows]


def _key(agents: ManyAnswers, request: dict[str, Any]) -> str:
    from prospecting.services.questions import read_question

    return read_question({"agent": "people", **request}).key(agents.provider)


def test_what_an_older_parser_stored_is_corrected_or_no_result_any_more(engine: Engine) -> None:
    agents = ManyAnswers()
    # What stands for an older parser: it took a caption for a sponsor, and lost a website.
    agents.answers["Crab Camp"] = json.dumps({"sponsors": [{"name": "Become One Today"}, {"name": "Umbrella"}]})
    runtime, execution = ended(engine, agents)
    change(
        engine,
        "update agent_calls set response = :right where request ->> 'event_name' = 'Crab Camp'",
        right=json.dumps({"sponsors": [{"name": "Umbrella", "website": "https://umbrella.com"}]}).encode(),
    )
    done = reparse(runtime, execution.id, is_applied=True)
    gone = [one for one in done.changes if one.table == "companies" and one.kind == "gone"]
    assert [one.row["name"] for one in gone] == ["Become One Today"]
    changed = [one for one in done.changes if one.table == "companies" and one.kind == "changed"]
    assert [one.columns["domain"] for one in changed] == [(None, "umbrella.com")]
    assert done.left_out == 1, "the answer about the people of what is no company"
    assert {"gone"} <= by_table(done)["persons"]
    with engine.connect() as connection:
        kept = connection.execute(text("select count(*) from companies where name = 'Become One Today'")).scalar_one()
        found = connection.execute(text("select results -> 'companies' from signal_executions")).scalar_one()
    assert kept == 1, "rows of companies stay"
    assert "Become One Today" not in {company["name"] for company in found}
    assert reparse(runtime, execution.id, is_applied=True).changes == []


def test_a_question_of_today_without_an_answer_is_counted_and_not_asked(engine: Engine) -> None:
    agents = ManyAnswers()
    runtime, execution = ended(engine, agents)
    change(engine, "update agent_calls set cost_usd = 0.25 where agent = 'people'")
    set_rule(engine, "{outreach_context}", "Another prompt")
    with engine.connect() as connection:
        calls = connection.execute(text("select count(*) from agent_calls")).scalar_one()
    shown = by_replay(runtime, execution, agents, False)
    asked = shown.unanswered["people"]
    assert shown.unanswered.keys() == {"people"}
    assert shown.cost_usd == Decimal("0.25") * asked > 0
    assert f"{asked} questions would have to be asked for about {asked / 4:.2f} USD (people: {asked})" in [
        *describe(shown, rows_per_table=1)
    ]
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from agent_calls")).scalar_one() == calls
    assert agents.asked == []


def test_an_execution_under_way_and_an_unknown_one_are_refused(engine: Engine) -> None:
    runtime = Runtime(engine)
    execution = opened(runtime)
    with pytest.raises(CannotBeTakenUp, match="under way: wait until it has ended"):
        reparse(runtime, execution.id)
    with pytest.raises(LookupError, match="No signal execution"):
        reparse(runtime, "00000000-0000-0000-0000-000000000000")
    change(engine, "update signal_executions set status = 'failed', completed_at = now()")
    with pytest.raises(CannotBeTakenUp, match="no stored answers"):
        reparse(runtime, execution.id)


def test_an_execution_of_live_agents_costs_nothing_again(engine: Engine) -> None:
    configuration = {
        "name": "Live", "event_keywords": ["ruby"], "target_functions": ["CEO"], "agents": "live",
        "limits": {"max_events": 2, "max_companies": 3},
    }  # fmt: skip
    with StandIn() as stand_in:
        carrier = Carrier(engine, settings_for(stand_in.url))
        assert carrier.carry_out(configuration).status != "failed"
        with engine.connect() as connection:
            execution_id, scope = connection.execute(
                text("select id, 'signal_execution:' || id from signal_executions")
            ).one()
            before = connection.execute(text("select count(*), sum(cost_usd) from agent_calls")).one()
        requests = len(stand_in.requests())
        assert requests > 5

        def open_ledger(found: Execution) -> Ledger:
            assert found.scope == scope
            return Ledger(engine, LiveAgents(carrier.settings), found.scope)

        done = [reparse(Runtime(engine), execution_id), replay(Runtime(engine), execution_id, open_ledger)]
        for one in done:
            assert (one.changes, one.unanswered, one.cost_usd) == ([], {}, 0)
            assert one.answers > 3
        set_rule(engine, "{discovery_prompt}", "Something else")
        assert replay(Runtime(engine), execution_id, open_ledger).unanswered == {"event_discovery": 1}
        assert len(stand_in.requests()) == requests, "nobody was asked anything"
        with engine.connect() as connection:
            assert connection.execute(text("select count(*), sum(cost_usd) from agent_calls")).one() == before


def test_the_command_shows_first_and_writes_when_told(engine: Engine, database_url: str, capsys: Any) -> None:
    agents = ManyAnswers()
    _, execution = ended(engine, agents, target_functions=["CEO"])
    set_rule(engine, "{target_functions}", ["CTO"])
    command = ["reparse", str(execution.id), "--db-url", database_url, "--rows", "3"]
    assert cli.main(command) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == "Nothing was written. The same with --apply (APPLY=1 of make) does it."
    assert "persons: " in shown
    with engine.connect() as connection:
        before = read(connection)
    assert cli.main([*command, "--apply"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Written"
    with engine.connect() as connection:
        assert read(connection) != before
    assert cli.main([*command[:1], "no-id", *command[2:]]) == 1
    assert "is no id of an execution" in capsys.readouterr().err
