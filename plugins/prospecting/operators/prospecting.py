"""The base of all operators: the application database, arguments that may be templates, a name in the UI."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException
from pydantic import BaseModel, ValidationError

from prospecting.operators.lineage import Tables, operator_lineage
from prospecting.services.params import explain

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from prospecting.hooks.metrics import Metric
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
    counted: ClassVar[Mapping[str, Metric]] = {}
    """The metrics that the counts in what ``execute`` returns are sent to, by the name of the count."""
    tables: ClassVar[Tables] = Tables()
    """The tables that the operator reads and writes, for lineage."""
    _heartbeat: Heartbeat | None = None
    _is_executing = False
    _is_dry_run = False
    """Set by ``execute``: what it returns has not happened."""
    _result: Mapping[str, Any] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Lets the heartbeat end with ``execute``, however that ends: Airflow calls nothing else after a failure.
        What ``execute`` returns is measured, once, also when it calls that of its base.
        """
        super().__init_subclass__(**kwargs)
        if "execute" not in vars(cls):
            return
        execute = cls.execute

        @wraps(execute)
        def execute_with_heartbeat(self: ProspectingOperator, *args: Any, **kwargs: Any) -> Any:
            if self._is_executing:
                return execute(self, *args, **kwargs)
            self._is_executing = True
            try:
                result = execute(self, *args, **kwargs)
            finally:
                self._is_executing = False
                self._end_heartbeat()
            self._measure(result)
            return result

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
        """Goes on after a deferral; a heartbeat ends with it, and its result is measured, as with ``execute``."""
        try:
            result = super().resume_execution(next_method, next_kwargs, context)
        finally:
            self._end_heartbeat()
        self._measure(result)
        return result

    def _measure(self, result: Any) -> None:
        """Send the counts in a result to their metrics, and keep it for lineage."""
        if self._is_dry_run or not isinstance(result, Mapping):
            return
        self._result = result
        for name, metric in self.counted.items():
            if name in result:
                metric.record(result[name], **({"dag_id": self.dag_id} if metric.tags else {}))

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Tells the OpenLineage provider, where it is installed, which tables were read and written, and counts."""
        if self._is_dry_run:
            return operator_lineage(Tables(reads=self.tables.reads), self.hook.engine.url, {})
        return operator_lineage(self.tables, self.hook.engine.url, self._result or {})

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
