"""What an administrator does in an Airflow that already runs, and what can be seen in it afterwards.

Runs in the foreign environment, in one process because starting Airflow takes seconds. Takes the URL of the application
database, the file of the pools and the folder of their DAGs; its last line is JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def airflow(*words: str) -> None:
    """A command of Airflow, such as `airflow pools import pools.json`."""
    from airflow.cli.cli_parser import get_parser

    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def seen() -> dict[str, Any]:
    """DAGs, errors, connection types and plugins as this Airflow knows them."""
    from airflow.models.dag import DagModel
    from airflow.models.errors import ParseImportError
    from airflow.models.pool import Pool
    from airflow.providers_manager import ProvidersManager
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
    from airflow.utils.session import create_session

    manager = ProvidersManager()
    with create_session() as session:
        dags = session.query(DagModel).all()
        errors = session.query(ParseImportError).all()
        return {
            "dags": {dag.dag_id: [dag.bundle_name, dag.is_paused] for dag in dags},
            "errors": {error.filename: error.stacktrace for error in errors},
            "pools": sorted(pool.pool for pool in session.query(Pool).all()),
            "forms": {
                form.connection_type: [form.hook_name, form.field_behaviour]
                for form in manager.iter_connection_type_hook_ui_metadata()
            },
            "hooks": {
                kind: hook and hook.hook_class_name for kind, hook in ProvidersManagerTaskRuntime().hooks.items()
            },
            "links": sorted(manager.extra_links_class_names),
        }


def run_theirs(folder: str) -> dict[str, str]:
    """States of the tasks of their DAG, run to its end."""
    from pathlib import Path

    from airflow.dag_processing.dagbag import BundleDagBag

    bag = BundleDagBag(dag_folder=Path(folder), bundle_path=Path(folder), bundle_name="theirs")
    run = bag.dags["their_conferences"].test()
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


def classes() -> list[str]:
    """Where the modules of the package were imported from."""
    return sorted(
        {
            f"{name} {module.__file__}"
            for name, module in list(sys.modules.items())
            if "prospecting" in (getattr(module, "__file__", None) or "")
        }
    )


def main(database_url: str, pools: str, folder: str) -> None:
    """Set up, look, run."""
    airflow("db", "migrate")
    airflow("connections", "add", "prospecting_db", "--conn-uri", database_url)
    airflow("pools", "import", pools)
    airflow("dags", "reserialize")
    facts = seen()
    facts["run"] = run_theirs(folder)
    facts["modules"] = classes()
    sys.stdout.write(f"\n{json.dumps(facts)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
