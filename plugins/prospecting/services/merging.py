"""Merging two companies or two persons and undoing it, each in one transaction; and judging pairs that are in doubt.

Somebody decides: nothing is merged by itself. Whose name is stored is told by ``decided_by``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from prospecting.persistence import merge_judgements, merge_undoing, merging
from prospecting.persistence.merge_judgements import Judgement
from prospecting.persistence.merge_undoing import Undone
from prospecting.persistence.merging import Dependants, EntityType, Merge, Side
from prospecting.services.runtime import Runtime


class CannotBeMerged(Exception):
    """The two are one already, distinct, unknown, or not known by these ids; the message says what to do."""


class CannotBeUndone(Exception):
    """The merge is unknown or undone, or something stands in the way; the message says what to do."""


class CannotBeJudged(Exception):
    """The two are no pair that a judgement can be about; the message says why."""


@dataclass(frozen=True, slots=True)
class MergePreview:
    """The effect a merge would have. ``refusal``: why it cannot be done; then only what is known of the two is said.

    ``suggested_survivor_id``: the one with a domain or profile, else the one known longest. ``filled``: columns that
    the survivor would take from the other.
    """

    entity_type: EntityType
    survivor: Side | None
    merged: Side | None
    refusal: str | None
    suggested_survivor_id: int | None
    dependants: list[Dependants]
    filled: list[str]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that stands. ``is_new``: it was made now, not before. ``dependants``: as counted before it."""

    merge: Merge
    is_new: bool
    dependants: list[Dependants]


def preview_merge(runtime: Runtime, entity_type: EntityType, survivor_id: int, merged_id: int) -> MergePreview:
    """Count the effect of merging ``merged_id`` into ``survivor_id``; changes nothing."""

    def read(connection: Connection) -> MergePreview:
        sides = merging.find_sides(connection, entity_type, (survivor_id, merged_id))
        refusal = merging.why_not(connection, entity_type, survivor_id, merged_id)
        return MergePreview(
            entity_type,
            sides.get(survivor_id),
            sides.get(merged_id),
            refusal,
            _suggested(list(sides.values())),
            [] if refusal else merging.query_dependants(connection, entity_type, survivor_id, merged_id),
            [] if refusal else merging.query_filled_columns(connection, entity_type, survivor_id, merged_id),
        )

    return runtime.read(read)


def merge_companies(runtime: Runtime, survivor_id: int, merged_id: int, *, decided_by: str) -> Merged:
    """Merge the company ``merged_id`` into ``survivor_id``; once more changes nothing. Raises ``CannotBeMerged``."""
    return _merge(runtime, "company", survivor_id, merged_id, decided_by)


def merge_persons(runtime: Runtime, survivor_id: int, merged_id: int, *, decided_by: str) -> Merged:
    """Merge the person ``merged_id`` into ``survivor_id``; once more changes nothing. Raises ``CannotBeMerged``."""
    return _merge(runtime, "person", survivor_id, merged_id, decided_by)


def find_merges(runtime: Runtime, entity_type: EntityType | None = None, *, limit: int = 50) -> list[Merge]:
    """The latest merges, of companies or persons if one is named; those that were undone among them."""
    return runtime.read(lambda connection: merging.query_merges(connection, entity_type, limit=limit))


def undo_merge(runtime: Runtime, merge_id: int, *, undone_by: str) -> Undone:
    """Put back what a merge changed; what somebody has changed since stays, and is counted.

    In one transaction. Raises ``CannotBeUndone``.
    """
    undone_by = _named(undone_by, "undone_by")

    def work(connection: Connection) -> Undone:
        known = merging.find_merge(connection, merge_id)
        if known is None:
            raise CannotBeUndone(f"no merge {merge_id} is on record; one of a person who was forgotten is not any more")
        merging.lock_pair(connection, known.entity_type, known.survivor_id, known.merged_id)
        merge = merging.find_merge(connection, merge_id, is_locking=True)
        if merge is None or merge.undone_at is not None:
            raise CannotBeUndone(f"the merge {merge_id} was undone already; there is nothing left to put back")
        later = merge_undoing.find_later_merge(connection, merge_id)
        if later is not None:
            raise CannotBeUndone(f"the merge {later} builds upon the merge {merge_id}: undo {later} first")
        if not merge_undoing.plan_undoing(connection, merge):
            raise CannotBeUndone(
                f"{merge.entity_type} {merge.merged_id} does not lead to {merge.survivor_id} any more: somebody has "
                "changed that by hand since, or deleted one of the two, or what the merge had noted"
            )
        undone = merge_undoing.apply_undoing(connection, merge, undone_by=undone_by)
        if merge_undoing.is_identity_taken(connection, merge):
            raise CannotBeUndone(
                f"another {merge.entity_type} has the name, domain or profile that {merge.entity_type} "
                f"{merge.merged_id} was known by: give that one another first, or merge the two"
            )
        return undone

    return runtime.write(work)


def judge_distinct(
    runtime: Runtime, entity_type: EntityType, one_id: int, other_id: int, *, decided_by: str
) -> Judgement:
    """Store that two are not the same: no import proposes them again, and they cannot be merged.

    Raises ``CannotBeJudged``.
    """
    return _judge(runtime, entity_type, one_id, other_id, "distinct", decided_by)


def judge_later(runtime: Runtime, entity_type: EntityType, one_id: int, other_id: int, *, decided_by: str) -> Judgement:
    """Store that somebody has looked at a pair and decides later: it stays in doubt. Raises ``CannotBeJudged``."""
    return _judge(runtime, entity_type, one_id, other_id, "open", decided_by)


def undo_judgement(runtime: Runtime, entity_type: EntityType, one_id: int, other_id: int) -> Judgement:
    """Take a judgement back: the pair is in doubt again. Raises ``CannotBeJudged``."""

    def work(connection: Connection) -> Judgement:
        found = merge_judgements.undo_judgement(connection, entity_type, one_id, other_id)
        if found is None:
            raise CannotBeJudged(f"nobody has judged {entity_type} {one_id} and {entity_type} {other_id}")
        return _not_merged(found, entity_type, one_id, other_id)

    return runtime.write(work)


# ------------------------------------------------------------------------------------------------------------- merging
def _merge(runtime: Runtime, entity_type: EntityType, survivor_id: int, merged_id: int, decided_by: str) -> Merged:
    decided_by = _named(decided_by, "decided_by")

    def work(connection: Connection) -> Merged:
        merging.lock_pair(connection, entity_type, survivor_id, merged_id)
        standing = merging.find_standing_merge(connection, entity_type, merged_id)
        if standing is not None and standing.survivor_id == survivor_id:
            return Merged(standing, False, [])
        if refusal := merging.why_not(connection, entity_type, survivor_id, merged_id):
            raise CannotBeMerged(refusal)
        dependants = merging.query_dependants(connection, entity_type, survivor_id, merged_id)
        merge = merging.merge(connection, entity_type, survivor_id, merged_id, decided_by=decided_by)
        return Merged(merge, True, dependants)

    return runtime.write(work)


def _suggested(sides: list[Side]) -> int | None:
    return min(sides, key=lambda side: (side.known_by is None, side.id)).id if sides else None


def _named(value: str, what: str) -> str:
    if not value.strip():
        raise ValueError(f"{what}: say who decides")
    return value.strip()


# ------------------------------------------------------------------------------------------------------------- judging
def _judge(
    runtime: Runtime, entity_type: EntityType, one_id: int, other_id: int, status: str, decided_by: str
) -> Judgement:
    decided_by = _named(decided_by, "decided_by")

    def work(connection: Connection) -> Judgement:
        sides = merging.find_sides(connection, entity_type, (one_id, other_id))
        if len(sides) < 2:
            raise CannotBeJudged(f"{entity_type} {one_id} and {entity_type} {other_id} are not two that are stored")
        for side in sides.values():
            if side.merged_into_id is not None:
                raise CannotBeJudged(
                    f"{entity_type} {side.id} was merged into {side.merged_into_id}: name {side.merged_into_id}, or "
                    "undo that merge first"
                )
        found = merge_judgements.judge(connection, entity_type, one_id, other_id, status=status, decided_by=decided_by)
        found = _not_merged(found, entity_type, one_id, other_id)
        if found.status != status:
            raise CannotBeJudged(
                f"{entity_type} {one_id} and {entity_type} {other_id} were told apart by {found.decided_by}: take that "
                "back first"
            )
        return found

    return runtime.write(work)


def _not_merged(found: Judgement, entity_type: EntityType, one_id: int, other_id: int) -> Judgement:
    if found.status == "merged":
        raise CannotBeJudged(f"{entity_type} {one_id} and {entity_type} {other_id} are merged: undo the merge first")
    return found


# ------------------------------------------------------------------------------------------------------------ in words
_REASONS = {
    "changed": "somebody has changed them since",
    "gone": "somebody has deleted them since",
    "lost": "what they refer to was deleted since",
    "taken": "something else has their key by now",
}


def describe_preview(preview: MergePreview) -> Iterator[str]:
    """The effect a merge would have, line by line, in numbers."""
    if preview.refusal:
        yield f"This cannot be merged: {preview.refusal}."
        return
    assert preview.survivor is not None
    assert preview.merged is not None
    yield f"{preview.entity_type} {preview.merged.id} would be merged into {preview.entity_type} {preview.survivor.id}."
    if preview.suggested_survivor_id != preview.survivor.id:
        suggested = preview.suggested_survivor_id
        yield f"Consider the other way round: {suggested} has a domain or profile, or has been known longer."
    yield from _describe(preview.dependants)
    if preview.filled:
        yield f"  filled from the other: {', '.join(preview.filled)}"


def describe_merged(merged: Merged) -> Iterator[str]:
    """The outcome of a merge, line by line."""
    merge = merged.merge
    done = "is merged" if merged.is_new else "was merged already"
    yield f"{merge.entity_type} {merge.merged_id} {done} into {merge.survivor_id} (merge {merge.id})."
    yield from _describe(merged.dependants)


def describe_merge(merge: Merge) -> str:
    """A merge in one line."""
    undone = f", undone {merge.undone_at:%Y-%m-%d %H:%M} by {merge.undone_by}" if merge.undone_at is not None else ""
    return (
        f"merge {merge.id}: {merge.entity_type} {merge.merged_id} into {merge.survivor_id}, "
        f"{merge.merged_at:%Y-%m-%d %H:%M} by {merge.decided_by}{undone}"
    )


def describe_undone(merge_id: int, undone: Undone) -> Iterator[str]:
    """The outcome of an undo, line by line: rows put back, and rows that stay."""
    yield f"The merge {merge_id} is undone."
    for table, number in undone.restored.items():
        yield f"  {table}: {number} as before"
    for kept in undone.kept:
        yield f"  {kept.table_name}: {kept.number} not, because {_REASONS[kept.reason]}"


def _describe(dependants: list[Dependants]) -> Iterator[str]:
    for of in dependants:
        said = {"move": of.moved, "combined with the survivor's": of.combined, "stay": of.kept}
        yield f"  {of.table_name}: {', '.join(f'{number} {what}' for what, number in said.items() if number)}"
