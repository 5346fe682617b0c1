# The one image of every Airflow component. The code is copied in, so all of them run the same version by construction.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.12@sha256:9df9c8be4096b9cc626bd7cb1f2b8c712eef66c59c615f8c7e6200871ca10bd1
FROM ${AIRFLOW_IMAGE}

# The same pins as in development, without its tools, and the login. What the base image has in another version is replaced.
# Nothing is installed whose hash is not in the file; it is complete, so pip looks for no dependencies.
COPY --chown=airflow:root requirements-image.txt /opt/airflow/bundle/requirements-image.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r /opt/airflow/bundle/requirements-image.txt

WORKDIR /opt/airflow/bundle
COPY --chown=airflow:root pyproject.toml ./
COPY --chown=airflow:root README.md ./
COPY --chown=airflow:root LICENSE ./
COPY --chown=airflow:root NOTICE ./
COPY --chown=airflow:root scripts/wheel_files.py ./scripts/
COPY --chown=airflow:root alembic.ini ./
COPY --chown=airflow:root migrations ./migrations
COPY --chown=airflow:root include ./include
COPY --chown=airflow:root plugins ./plugins
COPY --chown=airflow:root dags ./dags

# Entry points only, by which Airflow finds the types of our connections: the code stays where it is. Nothing is fetched.
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index --editable .

# A volume mounted here takes over who may write to it.
RUN mkdir /opt/airflow/models

# Not root: the base image's own user.
USER airflow
