# The one image of every Airflow component. The code is copied in, so all of them run the same version by construction.
FROM apache/airflow:3.3.2-python3.12

# The same pins as in development, without its tools. The auth manager comes with the base image; naming it again lets pip put right
# whatever the pins moved out of its range, or fail the build.
COPY --chown=airflow:root requirements.txt /opt/airflow/bundle/requirements.txt
RUN pip install --no-cache-dir -r /opt/airflow/bundle/requirements.txt \
    && pip install --no-cache-dir apache-airflow-providers-fab==3.10.2

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

# Entry points only, by which Airflow finds the types of our connections: the code stays where it is.
RUN pip install --no-cache-dir --no-deps --editable .

# A volume mounted here takes over who may write to it.
RUN mkdir /opt/airflow/models

# Not root: the base image's own user.
USER airflow
