"""Review: pairs that may be one company or one person, side by side; merged, told apart or put off, and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Connection, RowMapping

from prospecting.persistence.merge_judgements import query_judged_pairs, query_open_pairs, query_side_by_side
from prospecting.services import merging
from prospecting.services.merging import CannotBeJudged, CannotBeMerged, CannotBeUndone
from prospecting.web import filters
from prospecting.web.database import DECISION_SECONDS, EXPORT_SECONDS, Database, in_words, reading, runtime
from prospecting.web.listing import Column, after, csv_answer, cursor_of
from prospecting.web.login import Person, Writer
from prospecting.web.rendering import page, root_of

router = APIRouter(prefix="/review")

_PAIRS = 20
_PORTION = 500
COLUMNS = (
    Column("entity_type", "Kind"),
    Column("left_id", "Id of one"),
    Column("left_name", "Name of one"),
    Column("right_id", "Id of the other"),
    Column("right_name", "Name of the other"),
    Column("reason", "Why they may be one"),
    Column("put_off_by", "Put off by"),
    Column("put_off_at", "Put off at"),
)
EntityType = Literal["company", "person"]
Id = Annotated[int, Form(ge=1, lt=2**63)]
PathId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("")
def show_review(request: Request, connection: Database, at: str | None = None, said: str = "") -> HTMLResponse:
    """Pairs in doubt, those put off last, and the latest decisions."""
    entity_type = filters.choice(request, "entity_type", get_args(EntityType))
    key = after(at, (int, int))
    found = query_open_pairs(
        connection, entity_type=entity_type, after=(bool(key[0]), key[1]) if key else None, limit=_PAIRS + 1
    )
    pairs = found[:_PAIRS]
    last = pairs[-1] if len(found) > _PAIRS else None
    judged = query_judged_pairs(connection)
    return page(
        request,
        "review.html",
        pairs=_with_sides(connection, pairs),
        next=cursor_of([int(last["put_off"]), last["id"]]) if last else None,
        entity_type=entity_type,
        judged=_with_sides(connection, judged),
        merges=merging.find_merges(runtime(), limit=20),
        said=_SAID.get(said, ""),
    )


@router.get(".csv")
def download(request: Request) -> Response:
    """All pairs in doubt."""
    entity_type = filters.choice(request, "entity_type", get_args(EntityType))

    def portions(connection: Connection) -> Iterator[Sequence[Mapping[str, Any]]]:
        after: tuple[bool, int] | None = None
        while pairs := query_open_pairs(connection, entity_type=entity_type, after=after, limit=_PORTION):
            yield [
                {
                    **pair,
                    "left_name": pair["left"]["name"],
                    "right_name": pair["right"]["name"],
                    "put_off_by": pair["decided_by"],
                    "put_off_at": pair["decided_at"],
                }
                for pair in _with_sides(connection, pairs)
            ]
            after = (pairs[-1]["put_off"], pairs[-1]["id"])

    return csv_answer("pairs-in-doubt", COLUMNS, lambda: reading(EXPORT_SECONDS), portions)


_SAID = {
    "merged": "Merged. The one that is gone leads to the other from now on; undo it below.",
    "distinct": "Told apart: nobody is asked about this pair again.",
    "later": "Put off: the pair is at the end of the list.",
    "undone": "Undone.",
    "partly": "Undone. Some rows were changed since the merge, and stay as they are.",
    "open": "The pair is in doubt again.",
}


@router.get("/{entity_type}/{survivor_id}/{merged_id}")
def preview(
    request: Request, connection: Database, entity_type: EntityType, survivor_id: PathId, merged_id: PathId
) -> HTMLResponse:
    """The effect that a merge would have, before somebody decides."""
    found = merging.preview_merge(runtime(), entity_type, survivor_id, merged_id)
    if found.survivor is None or found.merged is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "One of the two is not stored (any more)")
    sides = query_side_by_side(connection, entity_type, (survivor_id, merged_id))
    return page(request, "merge.html", preview=found, sides=[sides[survivor_id], sides[merged_id]])


@router.post("/merge")
def merge(
    request: Request, person: Writer, entity_type: Annotated[EntityType, Form()], survivor_id: Id, merged_id: Id
) -> RedirectResponse:
    """Merge two."""
    work = merging.merge_companies if entity_type == "company" else merging.merge_persons
    _decided(lambda: work(runtime(DECISION_SECONDS), survivor_id, merged_id, decided_by=_name(person)))
    return _back(request, "merged")


@router.post("/judge")
def judge(
    request: Request,
    person: Writer,
    entity_type: Annotated[EntityType, Form()],
    one_id: Id,
    other_id: Id,
    verdict: Annotated[Literal["distinct", "later", "open"], Form()],
) -> RedirectResponse:
    """Tell two apart, put the decision off, or take a judgement back."""
    if verdict == "open":
        _decided(lambda: merging.undo_judgement(runtime(), entity_type, one_id, other_id))
    else:
        work = merging.judge_distinct if verdict == "distinct" else merging.judge_later
        _decided(lambda: work(runtime(), entity_type, one_id, other_id, decided_by=_name(person)))
    return _back(request, verdict)


@router.post("/undo")
def undo(request: Request, person: Writer, merge_id: Id) -> RedirectResponse:
    """Undo a merge."""
    undone = _decided(lambda: merging.undo_merge(runtime(DECISION_SECONDS), merge_id, undone_by=_name(person)))
    return _back(request, "partly" if undone.kept else "undone")


def _decided(work: Callable[[], Any]) -> Any:
    """Do what somebody decided; 409 with the reason when it cannot be done."""
    try:
        with in_words():
            return work()
    except (CannotBeMerged, CannotBeUndone, CannotBeJudged) as refusal:
        told = str(refusal)
        raise HTTPException(status.HTTP_409_CONFLICT, f"{told[:1].upper()}{told[1:]}. Nothing was changed.") from None


def _name(person: Person) -> str:
    return person.name or str(person.id)


def _back(request: Request, said: str) -> RedirectResponse:
    return RedirectResponse(f"{root_of(request)}/review?{urlencode({'said': said})}", status.HTTP_303_SEE_OTHER)


def _with_sides(connection: Connection, pairs: Iterable[RowMapping]) -> list[dict[str, Any]]:
    """Pairs with what is known of both; without those of which one was deleted."""
    found = list(pairs)
    sides = {
        kind: query_side_by_side(
            connection, kind, {pair[side] for pair in found if pair["entity_type"] == kind for side in _SIDES}
        )
        for kind in {pair["entity_type"] for pair in found}
    }
    shown = []
    for pair in found:
        left, right = (sides[pair["entity_type"]].get(pair[side]) for side in _SIDES)
        if left is not None and right is not None:
            shown.append({**pair, "left": left, "right": right})
    return shown


_SIDES = ("left_id", "right_id")
