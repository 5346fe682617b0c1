"""Error messages of the database: what failed, at which table, column and constraint, and none of the values.

PostgreSQL quotes rows in its details (``Key (email)=(jane@acme.com) already exists``) and values in its messages
(``invalid input syntax for type date: "Jane Doe"``); functions quote whatever they like. All of that would go into
tracebacks, and from there into logs that anyone who may look at a run can read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.engine import ExceptionContext

if TYPE_CHECKING:
    import psycopg
    from psycopg.errors import Diagnostic

# Classes of SQLSTATE whose messages name parts of the schema, roles and the server: connections, logins, missing
# databases, rights and names, resources, locks, interventions, files.
_ABOUT_NO_ROW = ("08", "28", "3D", "42", "53", "55", "57", "58")
_MISSING_RIGHT = "42501"
_RAISED_BY_A_FUNCTION = "pl_exec.c"

_WITHHELD = "a value was refused"


def withhold_values(context: ExceptionContext) -> None:
    """Rewrite an error before anyone sees it; a listener of SQLAlchemy's ``handle_error``.

    The type, ``sqlstate`` and ``diag`` of the driver's error stay what they were.
    """
    import psycopg  # not for reading a DAG file

    error = context.original_exception
    if isinstance(error, psycopg.Error):
        error.args = (describe_error(error),)
    elif isinstance(error, (ValueError, TypeError, LookupError, ArithmeticError)):
        # A value that Python could not turn into a parameter, or back.
        error.args = (_WITHHELD,)
    else:
        return
    if (wrapped := context.sqlalchemy_exception) is not None:
        wrapped.args = (f"({type(error).__module__}.{type(error).__name__}) {error.args[0]}",)


def describe_error(error: psycopg.Error) -> str:
    """One line about a driver's error, without any value of a row."""
    from psycopg import DataError

    diagnosis = error.diag
    state = diagnosis.sqlstate or error.sqlstate
    if state is None:  # of the driver itself, or the server cannot be reached
        return _WITHHELD if isinstance(error, DataError) else str(error)
    if _speaks_of_no_row(diagnosis, state):
        hint = f" ({diagnosis.message_hint})" if diagnosis.message_hint else ""
        return f"{diagnosis.message_primary}{hint} [SQLSTATE {state}]"
    table = ".".join(name for name in (diagnosis.schema_name, diagnosis.table_name) if name)
    places = {
        "table": table if diagnosis.table_name else None,
        "column": diagnosis.column_name,
        "type": diagnosis.datatype_name,
        "constraint": diagnosis.constraint_name,
    }
    return ", ".join([f"SQLSTATE {state}", *(f"{kind} {name}" for kind, name in places.items() if name)])


def _speaks_of_no_row(diagnosis: Diagnostic, state: str) -> bool:
    if not diagnosis.message_primary or not state.startswith(_ABOUT_NO_ROW):
        return False
    if diagnosis.source_file == _RAISED_BY_A_FUNCTION:
        # Its author chose code and words; ours speak of roles.
        return state == _MISSING_RIGHT
    # Statements that a function puts together have values in them.
    return diagnosis.internal_query is None
