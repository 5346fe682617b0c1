"""What drivers are copies of: Airflow imported, its models mapped, its in-process API with all its routes made, the
bundles read.

All this takes a fresh process longer than most runs, so it is done once, by the process that forks drivers.
It opens neither connection nor thread: those would not survive the fork.
"""

from __future__ import annotations

import asyncio
import gc

from tests.dags.driver import check_schemas_once, look_again_soon, read_bundles_once


async def ask_for_nothing() -> None:
    """The first request, whatever it asks for, makes the routes."""
    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    transport = httpx.ASGITransport(app=in_process_api_server().app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/")


def prepare() -> None:
    """Make what every run needs. It stays to the end: nobody has to look for garbage among it."""
    import airflow.dag_processing.dagbag
    import airflow.models
    import airflow.sdk.execution_time.task_runner
    from sqlalchemy.orm import configure_mappers

    asyncio.run(ask_for_nothing())
    airflow.models.import_all_models()
    configure_mappers()
    check_schemas_once()
    read_bundles_once()
    look_again_soon()
    gc.freeze()


gc.disable()
prepare()
gc.enable()
