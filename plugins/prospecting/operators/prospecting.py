"""The base of all operators: the application database, arguments that may be templates, a name in the UI."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel, ValidationError

from prospecting.services.params import explain

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.hooks.prospecting import ProspectingHook
    from prospecting.services.runtime import Runtime

M = TypeVar("M", bound=BaseModel)


class ProspectingOperator(BaseOperator):
    """Works on the application database.

    Every own argument is a template field, and arrives as text when it was a template: subclasses read their arguments
    in ``execute`` with ``read_arguments``.

    :param prospecting_conn_id: Airflow connection of the application database.
    :param map_label: The name of a mapped task instance in the UI, with ``map_index_template="{{ task.map_label }}"``.
    """

    template_fields: Sequence[str] = ("prospecting_conn_id", "map_label")

    def __init__(
        self, *, prospecting_conn_id: str = "prospecting_db", map_label: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.prospecting_conn_id = prospecting_conn_id
        self.map_label = map_label

    @cached_property
    def hook(self) -> ProspectingHook:
        """The hook of the application database."""
        from prospecting.hooks.prospecting import ProspectingHook

        return ProspectingHook(prospecting_conn_id=self.prospecting_conn_id)

    def runtime(self, context: Context) -> Runtime:
        """Returns the runtime of services that work for this try of the task."""
        return self.hook.runtime(context)

    def read_arguments(self, model: type[M]) -> M:
        """The rendered arguments that ``model`` has fields for, validated.

        Text that is a list or an object is read as such (JSON, or as Python writes it), and an empty text or ``None``
        leaves the model's default. Raises ``AirflowFailException`` that names the argument and not its value.
        """
        given = {}
        for name, field in model.model_fields.items():
            value = _unrendered(getattr(self, name), is_text=field.annotation in (str, str | None))
            if value is not None:
                given[name] = value
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise AirflowFailException(f"{self.task_id}: {explain(error, model)}") from None


def _unrendered(value: Any, *, is_text: bool) -> Any:
    """Returns the value that the text of a rendered template stands for; other values as they are."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in ("", "None"):
        return None
    if not is_text and text[0] + text[-1] in ("[]", "{}", "()"):
        for read in (json.loads, ast.literal_eval):
            try:
                return read(text)
            except (ValueError, SyntaxError):
                continue
    return value
