"""The base of all operators: the application database, arguments that may be templates, a name in the UI."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel, ValidationError

from prospecting.services.params import explain

if TYPE_CHECKING:
    from airflow.sdk import Context

    from prospecting.hooks.prospecting import ProspectingHook
    from prospecting.services.heartbeat import Heartbeat
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
    _heartbeat: Heartbeat | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets the heartbeat end with ``execute``, however that ends: Airflow calls nothing else after a failure."""
        super().__init_subclass__(**kwargs)
        if "execute" not in vars(cls):
            return
        execute = cls.execute

        @wraps(execute)
        def execute_with_heartbeat(self: ProspectingOperator, *args: Any, **kwargs: Any) -> Any:
            try:
                return execute(self, *args, **kwargs)
            finally:
                self._end_heartbeat()

        cls.execute = execute_with_heartbeat  # type: ignore[method-assign, assignment]

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
        """Returns the runtime of services that work for this try of the task, which has a heartbeat from now on."""
        runtime = self.hook.runtime(context)
        if self._heartbeat is None and runtime.heartbeat is not None:
            self._heartbeat = runtime.heartbeat
            self._heartbeat.start()
        return runtime

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Goes on after a deferral; a heartbeat ends with it, as with ``execute``."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        finally:
            self._end_heartbeat()

    def _end_heartbeat(self) -> None:
        heartbeat, self._heartbeat = self._heartbeat, None
        if heartbeat is not None:
            heartbeat.stop()

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
