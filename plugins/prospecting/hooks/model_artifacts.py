"""Where trained models are kept: a folder of this machine, or any object storage that Airflow reaches."""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from pathlib import Path

from airflow.sdk import ObjectStoragePath, Variable

from prospecting.scoring.model_artifact import ArtifactError

PATH_VARIABLE = "model_artifacts_path"
# A model has about 100 KB. A path that leads elsewhere must not fill the memory of a worker.
MOST_BYTES = 64 * 1024 * 1024


class ModelArtifacts:
    """Keeps the files of models.

    :param path: Folder, for instance ``s3://aws_default@bucket/models``. Empty: the Airflow variable
        ``model_artifacts_path``, else ``$AIRFLOW_HOME/models``.
    """

    def __init__(self, path: str | None = None) -> None:
        self._path = path

    @cached_property
    def folder(self) -> ObjectStoragePath:
        """The folder new files are written to."""
        given = self._path or Variable.get(PATH_VARIABLE, default=None)
        if given:
            return ObjectStoragePath(given)
        home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser().absolute()
        return ObjectStoragePath(f"file://{home}/models")

    def store(self, name: str, data: bytes) -> tuple[str, str]:
        """Keep ``data`` under ``name`` and its SHA-256. Returns path and checksum; storing it again changes nothing."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.folder / name / f"{sha256}.model"
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return str(path), sha256

    def fetch(self, path: str) -> bytes:
        """The data kept at ``path``, wherever new files are written; compare its checksum before use.

        Raises ``ArtifactError`` when nothing is there, or more than a model can have.
        """
        try:
            with ObjectStoragePath(path).open("rb") as file:  # type: ignore[no-untyped-call]
                data: bytes = file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            raise ArtifactError(
                f"The model artifact {path} is missing: restore it, or train again. Every worker must reach it: set "
                f"the Airflow variable {PATH_VARIABLE} to a folder they share or to object storage"
            ) from None
        if len(data) > MOST_BYTES:
            raise ArtifactError(f"{path} is too large for a model artifact: restore the file, or train again")
        return data
