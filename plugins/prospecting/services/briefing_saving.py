"""Saves a result of deep research in its briefing table, for those whom a failed write must not stop."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.persistence.batches import describe
from prospecting.persistence.briefing_writing import record_failed_write, save_briefings
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

KINDS: dict[str, Kind] = {operation_id: kind for kind, operation_id in OPERATION_IDS.items()}
"""The operations whose results have a briefing table."""


def save_result(runtime: Runtime, step_result_id: UUID, kind: Kind) -> bool:
    """Save one result in its table. Returns False when that failed.

    A failure is recorded in ``briefing_writes``, not raised: the research is done, whatever becomes of it.
    """
    try:
        saved = runtime.write(lambda connection: save_briefings(connection, kind, [step_result_id]))
    except Exception as error:
        reason, detail = (
            describe(error) if isinstance(error, DBAPIError) else ("error", f"{type(error).__name__} while saving")
        )
        log.warning(
            "The %s result of step %s could not be saved: %s. It will be tried again", kind, step_result_id, detail
        )
        try:
            runtime.write(
                lambda connection: record_failed_write(
                    connection, step_result_id=step_result_id, kind=kind, reason=reason, detail=detail
                )
            )
        except DBAPIError:
            # persist_briefings finds results without a record as well.
            log.warning("The failure could not be recorded either")
        return False
    runtime.saved_briefings(kind, saved.upserted)
    return True
