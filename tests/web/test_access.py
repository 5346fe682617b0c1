"""Who gets in: every address of the application, for nobody, a viewer, a user and an administrator."""

from __future__ import annotations

import httpx
import pytest

from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow


def test_a_viewer_sees_the_overview(viewer: httpx.Client, server: ApiServer) -> None:
    answer = viewer.get("/")
    assert answer.status_code == 200, answer.text + server.log.read_text()[-3000:]
    assert "<h1>Overview</h1>" in answer.text
