# The fake, alone: no root, and nothing kept unless MOCKSERVER_STORE says where. MOCKSERVER_… variables are the options of `mockserver serve`.
FROM python:3.13-slim

WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY mockserver ./mockserver
COPY contracts ./contracts
COPY fixtures ./fixtures
RUN pip install --no-cache-dir '.[analytics,compression,postgresql]'

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin mockserver \
    && install --directory --owner mockserver /data
USER 10001

EXPOSE 8010
# 404 is as well as 200: without MOCKSERVER_ADMIN_TOKEN the control plane is off where others can reach it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('MOCKSERVER_PORT', 8010)), timeout=2); c.request('GET', '/__admin/health'); sys.exit(c.getresponse().status not in (200, 404))"]

ENTRYPOINT ["mockserver"]
CMD ["serve", "--host", "0.0.0.0"]
