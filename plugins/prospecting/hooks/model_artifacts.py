"""Where trained models are kept: a folder of this machine, or any object storage Airflow reaches."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from airflow.sdk import ObjectStoragePath, Variable

from prospecting.scoring.propensity import ArtifactError

PATH_VARIABLE = "model_artifacts_path"


def artifact_folder() -> ObjectStoragePath:
    """Airflow variable ``model_artifacts_path`` (``s3://aws_default@bucket/models``), else ``$AIRFLOW_HOME/models``."""
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().absolute()
    return ObjectStoragePath(Variable.get(PATH_VARIABLE, default=None) or f"file://{home}/models")


def store_artifact(name: str, data: bytes) -> tuple[str, str]:
    """Keep ``data`` under ``name`` and its SHA-256. Answers path and checksum; the same data again changes nothing."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = artifact_folder() / name / f"{sha256}.model"
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(path), sha256


def fetch_artifact(path: str) -> bytes:
    """What is kept at ``path``; whether it is what was stored, its checksum tells. Raises ``ArtifactError``."""
    try:
        return ObjectStoragePath(path).read_bytes()
    except FileNotFoundError:
        raise ArtifactError(
            f"The model artifact {path} is missing: restore it, or train again. Every worker must reach it: set the "
            f"Airflow variable {PATH_VARIABLE} to a folder they share or to object storage"
        ) from None
