# The token server. Runs as an ordinary user on a read-only root; it wants /tmp, its configuration
# ($WHARFINGER_CONFIG), the realm's keys, and a place to write its state.
#
# Python comes from the base's own packages, so that any Debian or Ubuntu with Python 3.11 or newer will do as a base.
ARG BASE_IMAGE=debian:bookworm-20260824-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171

FROM ${BASE_IMAGE} AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3 python3-venv
WORKDIR /build
COPY requirements/ requirements/
RUN python3 -m venv /opt/wharfinger \
    && /opt/wharfinger/bin/pip install --no-cache-dir --require-hashes -r requirements/postgresql.txt \
    && python3 -m venv tools \
    && tools/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY app/ app/
RUN tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && /opt/wharfinger/bin/pip install --no-cache-dir --no-deps --no-index wheels/*.whl \
    && /opt/wharfinger/bin/pip uninstall --yes setuptools pip \
    && tools/bin/cyclonedx-py environment --output-reproducible --output-format JSON \
        --output-file /opt/wharfinger/sbom.cdx.json /opt/wharfinger/bin/python

FROM ${BASE_IMAGE}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --uid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin wharfinger \
    && install -d -o wharfinger -g wharfinger /var/lib/wharfinger /var/lib/wharfinger/keys \
        /var/lib/wharfinger/published /var/lib/wharfinger/state
COPY --from=build /opt/wharfinger /opt/wharfinger
ENV PATH=/opt/wharfinger/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WHARFINGER_CONFIG=/etc/wharfinger/wharfinger.yaml \
    WHARFINGER__SERVER__BIND=0.0.0.0:5001
USER wharfinger
EXPOSE 5001
# A check reads the configuration, which takes about a second of a processor: twice a minute is often enough.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["wharfinger", "health"]
ENTRYPOINT ["wharfinger"]
CMD ["serve"]
